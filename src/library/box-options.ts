// The options of box() and run(): the flags of `nsbox run` in camelCase, checked by the flags' own grammars.
import type { Option } from "#src/cli/option.ts";
import { emptyDraft, type RunDraft } from "#src/cli/run-draft.ts";
import { RUN_OPTIONS } from "#src/cli/run-options.ts";
import { nearest } from "#src/spec/suggest.ts";
import { assert, NsboxError } from "#src/error.ts";
import { checkIdMap } from "#src/spec/grammar/parse-id-map.ts";

/** A text as after the flag; a number stands for its digits. */
export type Word = string | number;
/** Once or several times. */
export type Words = Word | readonly Word[];
/** NAME=VALUE in a list, or the same as an object; a name that is undefined is left out. */
export type Pairs = readonly string[] | Readonly<Record<string, Word | undefined>>;

/** What a box is like. Each option means what the flag of that name means, see `nsbox run --help`. */
export interface BoxOptions {
  /** What `/` is: "host" (the default, read-only), "empty", or a folder. */
  readonly root?: string | undefined;
  /** Gives away: writes to `/` change the folder of `root`. */
  readonly writableRoot?: boolean | undefined;
  /** Let everything be written; what is written vanishes with the box. */
  readonly overlay?: boolean | undefined;
  /** The same, but what is written stays in this folder. */
  readonly overlayDir?: string | undefined;
  /** Files and folders to show, read-only: "PATH" or "PATH:DEST". */
  readonly ro?: Words | undefined;
  /** Gives away: files and folders that the box can change. */
  readonly rw?: Words | undefined;
  /** Empty folders in memory: "DEST" or "DEST:size=64m,mode=1777,ro,noexec". */
  readonly tmpfs?: Words | undefined;
  /** As Docker has it: "type=bind,src=/a,dst=/b,readonly". */
  readonly mounts?: Words | undefined;
  /** Folders to show empty, files to show without content. */
  readonly hide?: Words | undefined;
  readonly proc?: "fresh" | "bind" | "none" | undefined;
  readonly dev?: "minimal" | "host" | "none" | undefined;
  readonly home?: "hide" | "ro" | "rw" | undefined;
  /** false gives away: git hooks, editor tasks, start-up files within `rw`. */
  readonly protect?: boolean | undefined;

  /** "new", "host", a PID, a path, or a name of `nsbox ns ls`; so are the seven that follow. */
  readonly userns?: Word | undefined;
  readonly mnt?: Word | undefined;
  readonly pid?: Word | undefined;
  readonly ipc?: Word | undefined;
  readonly uts?: Word | undefined;
  /** Also "none", the default: loopback only. */
  readonly net?: Word | undefined;
  readonly cgroup?: Word | undefined;
  readonly time?: Word | undefined;
  /** Seconds that the box's clocks are ahead. */
  readonly boottime?: Word | undefined;
  readonly monotonic?: Word | undefined;
  /** Gives away: all namespaces; Landlock, filter and limits alone. For run() only. */
  readonly noNamespaces?: boolean | undefined;
  /** Gives away, with noNamespaces: Unix sockets, such as Docker's. */
  readonly unixSockets?: boolean | undefined;

  /** Gives away: these hosts, through a proxy in this process; nothing else is reached. */
  readonly allowHosts?: Words | undefined;
  /** Not these, whatever `allowHosts` says. */
  readonly denyHosts?: Words | undefined;
  /** A file in which each connection is written down. */
  readonly netLog?: string | undefined;

  /** "UID" or "UID:GID" inside; the default is 0:0, which is you outside. */
  readonly user?: Word | undefined;
  readonly uidMap?: Words | undefined;
  readonly gidMap?: Words | undefined;
  readonly keepId?: boolean | undefined;
  readonly hostname?: string | undefined;
  readonly domainname?: string | undefined;
  /** Where commands start; the default is where this process is. */
  readonly workdir?: string | undefined;
  /** Variables: { NAME: "value" }, or "NAME=value" and "NAME" (yours) in a list. */
  readonly env?: Pairs | undefined;
  readonly envFiles?: Words | undefined;
  /** Gives away: your whole environment. */
  readonly envAll?: boolean | undefined;
  /** { nofile: 1024, as: "1073741824", nproc: "64:128" }. */
  readonly rlimits?: Pairs | undefined;
  readonly oomScoreAdj?: number | undefined;
  /** A number as 0o022, or a text of octal digits. */
  readonly umask?: Word | undefined;

  /** Gives away: capabilities beyond Docker's default set. */
  readonly capAdd?: Words | undefined;
  readonly capDrop?: Words | undefined;
  /** Gives away: setuid programs may raise privileges. */
  readonly allowNewPrivs?: boolean | undefined;
  /** true insists on it, false does without. */
  readonly landlock?: boolean | undefined;
  /** "default", a profile's file, or "none". */
  readonly seccomp?: string | undefined;
  /** Gives away: user namespaces and mounts inside, for a box in the box. */
  readonly nested?: boolean | undefined;

  /** Ends the box, and all that is in it: milliseconds, or "30s", "5m". */
  readonly timeout?: Word | undefined;
}

/** How an option's value becomes what stands after its flag. */
interface Row {
  readonly flag: string;
  /** Of a switch: the flag for false, where that says something. */
  readonly off?: string;
  readonly takes: "switch" | "word" | "words" | "pairs";
  readonly digits?: (value: number) => string;
}

const word = (flag: string, digits?: Row["digits"]): Row =>
  digits === undefined ? { flag, takes: "word" } : { flag, takes: "word", digits };
const words = (flag: string): Row => ({ flag, takes: "words" });
const pairs = (flag: string): Row => ({ flag, takes: "pairs" });
const on = (flag: string): Row => ({ flag, takes: "switch" });

/** Milliseconds, as every time in JavaScript; the flag takes a bare number for seconds. */
export const milliseconds = (value: number): string => `${value}ms`;

/** Every option and its flag. */
export const BOX_OPTIONS: Readonly<Record<keyof BoxOptions, Row>> = {
  root: word("root"),
  writableRoot: on("writable-root"),
  overlay: on("overlay"),
  overlayDir: word("overlay-dir"),
  ro: words("ro"),
  rw: words("rw"),
  tmpfs: words("tmpfs"),
  mounts: words("mount"),
  hide: words("hide"),
  proc: word("proc"),
  dev: word("dev"),
  home: word("home"),
  protect: { flag: "", off: "no-protect", takes: "switch" },
  userns: word("userns"),
  mnt: word("mnt"),
  pid: word("pid"),
  ipc: word("ipc"),
  uts: word("uts"),
  net: word("net"),
  cgroup: word("cgroup"),
  time: word("time"),
  boottime: word("boottime"),
  monotonic: word("monotonic"),
  noNamespaces: on("no-namespaces"),
  unixSockets: on("unix-sockets"),
  allowHosts: words("allow-host"),
  denyHosts: words("deny-host"),
  netLog: word("net-log"),
  user: word("user"),
  uidMap: words("uid-map"),
  gidMap: words("gid-map"),
  keepId: on("keep-id"),
  hostname: word("hostname"),
  domainname: word("domainname"),
  workdir: word("workdir"),
  env: pairs("env"),
  envFiles: words("env-file"),
  envAll: on("env-all"),
  rlimits: pairs("rlimit"),
  oomScoreAdj: word("oom-score-adj"),
  umask: word("umask", (value) => value.toString(8)),
  capAdd: words("cap-add"),
  capDrop: words("cap-drop"),
  allowNewPrivs: on("allow-new-privs"),
  landlock: { flag: "landlock", off: "no-landlock", takes: "switch" },
  seccomp: word("seccomp"),
  nested: on("nested"),
  timeout: word("timeout", milliseconds),
};

/** Flags of `run` that are no options here, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  tty: "streams are the program's",
  "no-tty": "streams are the program's",
  interactive: "streams are the program's",
  "no-init": "what a command leaves behind has to be reaped",
  "pass-fd": "stdin, stdout and stderr are what a command gets",
  subids: "newuidmap is run by nsbox",
  ...Object.fromEntries(
    ["publish", "ip", "ip6", "mac", "mtu", "dns", "dns-search", "add-host"].map((flag) => [
      flag,
      "networks are set up by nsbox",
    ]),
  ),
  ...Object.fromEntries(
    ["name", "detach", "rm", "label", "restart", "log", "log-size", "pids"].map((flag) => [
      flag,
      "a box lives as long as its handle",
    ]),
  ),
  audit: "only nsbox answers what a filter asks",
  config: "an object is what a file would say",
  "dry-run": "nothing is printed",
  json: "nothing is printed",
};

const names: readonly string[] = Object.keys(BOX_OPTIONS);

/** An option, and what would stand after its flag, each time it is given. */
export type Said = readonly [name: keyof BoxOptions, texts: boolean | readonly string[]];

/** What the options say, as if they had been flags. Throws NsboxError EUSAGE, in the words of the flags. */
export function readBoxOptions(options: Readonly<Record<string, unknown>>): RunDraft {
  return draftOf(saidBy(options));
}

/** All that the draft depends on. Throws NsboxError EUSAGE for what is no option, or of the wrong type. */
export function saidBy(options: Readonly<Record<string, unknown>>): readonly Said[] {
  const said: Said[] = [];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!isOption(name)) throw unknownOption(name, names);
    said.push([name, textsAfter(name, value)]);
  }
  return said;
}

/** Throws NsboxError EUSAGE, in the words of the flags. */
export function draftOf(said: readonly Said[]): RunDraft {
  const draft = emptyDraft();
  for (const [name, texts] of said) applyOption(draft, name, texts);
  checkIdMap("--uid-map", draft.uidMap);
  checkIdMap("--gid-map", draft.gidMap);
  return draft;
}

function isOption(name: string): name is keyof BoxOptions {
  return Object.hasOwn(BOX_OPTIONS, name);
}

/** What is said of an option that does not exist. */
export function unknownOption(name: string, known: readonly string[]): NsboxError {
  const near = nearest(name, known);
  const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const reason = Object.hasOwn(LEFT_OUT, flag) ? LEFT_OUT[flag] : undefined;
  const hint = reason ?? (near === undefined ? "docs/library.md lists the options" : `did you mean ${near}?`);
  return new NsboxError("EUSAGE", `Cannot use the option ${JSON.stringify(name)}: there is no such option`, { hint });
}

function textsAfter(name: keyof BoxOptions, value: unknown): Said[1] {
  const { takes, digits } = BOX_OPTIONS[name];
  if (takes !== "switch") return textsOf(name, takes, value, digits);
  if (typeof value !== "boolean") throw wrongType(name, "true or false");
  return value;
}

function applyOption(draft: RunDraft, name: keyof BoxOptions, texts: Said[1]): void {
  const { flag, off } = BOX_OPTIONS[name];
  if (typeof texts === "boolean") {
    const said = texts ? flag : off;
    if (said !== undefined && said !== "") flagRow(said).apply(draft, "");
    return;
  }
  const row = flagRow(flag);
  for (const text of texts) row.apply(draft, text);
}

function flagRow(flag: string): Option<RunDraft> {
  const row = RUN_OPTIONS.find((option) => option.name === flag);
  assert(row !== undefined, `run has the flag --${flag}`);
  return row;
}

const EXPECTED = {
  word: "a text or a number",
  words: "a text, or a list of texts",
  pairs: 'an object, or a list of "NAME=VALUE"',
} as const;

/** What would stand after the flag, each time. */
export function textsOf(
  name: string,
  takes: "word" | "words" | "pairs",
  value: unknown,
  digits: (value: number) => string = String,
): readonly string[] {
  const one = (part: unknown): string => {
    if (typeof part === "string") return part;
    if (typeof part === "number") return digits(part);
    throw wrongType(name, EXPECTED[takes]);
  };
  if (takes === "word" || (takes === "words" && !Array.isArray(value))) return [one(value)];
  if (Array.isArray(value)) return value.map(one);
  if (typeof value !== "object" || value === null) throw wrongType(name, EXPECTED[takes]);
  return Object.entries(value).flatMap(([key, part]) => (part === undefined ? [] : [`${key}=${one(part)}`]));
}

/** What is said of a value of the wrong type. */
export function wrongType(name: string, expected: string): NsboxError {
  return new NsboxError("EUSAGE", `Cannot use the option ${name}: its value has the wrong type`, {
    hint: `give ${expected}`,
  });
}
