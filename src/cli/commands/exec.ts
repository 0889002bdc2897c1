// `nsbox exec`: a command in a box, or beside any process.
import { requireRunning, unknownBox } from "#src/cli/box-words.ts";
import { flagOf, type Joins, resolveJoins } from "#src/cli/exec-joins.ts";
import { EXEC_OPTIONS, emptyExec } from "#src/cli/exec-options.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { hintForPin } from "#src/cli/pin-names.ts";
import { emptyDraft } from "#src/cli/run-draft.ts";
import { NsboxError } from "#src/error.ts";
import { printError, printOut } from "#src/host/print.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { readExecTarget, readIdsInside, readOwnTarget, type ReadTarget } from "#src/inspect/read-exec-target.ts";
import { type ExecRequest, runExec, startExec } from "#src/run/run-exec.ts";
import { buildBoxExec, buildProcessExec, type ExecOptions, type ExecTarget, insideUser } from "#src/spec/build-exec.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { NamespaceType, Spec } from "#src/spec/spec.ts";
import type { Box } from "#src/state/box-store.ts";
import { boxOfProcess, findProcess, type FoundProcess } from "#src/state/find-process.ts";
import { openProcess } from "#src/state/process-life.ts";

/** The exit code: the command's own, or 128+N if signal N ended it. Throws NsboxError. */
export async function execCommand(argv: readonly string[]): Promise<number | "help"> {
  const options = emptyExec();
  const { words, help } = parseOptions(EXEC_OPTIONS, options, argv, { command: "exec", stopAtWord: true });
  if (help) return "help";
  const { target, args } = splitWords(words, argv, options);
  // Behind a box, where a command would be: none has such a name.
  if (target !== undefined && (words[1] === "--help" || words[1] === "-h")) return "help";
  const found = target === undefined ? undefined : findTarget(target, options);
  const facts = readFacts({ ...emptyDraft(), args });
  const request = {
    ...requestFor(found, args, options, facts),
    facts,
    preserveCredentials: options.preserveCredentials,
    watcherArgv: options.json ? undefined : ["nsbox", "exec", ...argv],
  };
  // SECURITY: what is entered decides what its paths lead to, nsbox's own executable among them. Landlock lets nothing be
  // executed that lies outside of a box.
  if (found !== undefined && request.spec.box.landlock?.files === undefined) {
    const { becomeReadOnly } = await import("#src/run/read-only-self.ts");
    becomeReadOnly(facts.signalMask);
  }
  if (options.detach) {
    const pid = startExec(request);
    if (options.json) printOut(`${JSON.stringify({ pid })}\n`);
    return 0;
  }
  const outcome = runExec(request);
  if (options.json) printError(`${JSON.stringify(outcome)}\n`);
  return outcome.exitCode;
}

interface Words {
  /** Undefined: the namespaces that flags name are entered, and nothing else. */
  readonly target: string | undefined;
  readonly args: readonly string[];
}

/** A box or PID comes first, unless "--" does behind flags such as --net NAME. Throws NsboxError EUSAGE. */
function splitWords(words: readonly string[], argv: readonly string[], { joins }: ExecOptions): Words {
  const [flag] = Object.keys(joins);
  const alone = flag !== undefined && argv[argv.length - words.length - 1] === "--";
  const target = alone ? undefined : words[0];
  const rest = alone ? words : words.slice(1);
  const args = rest[0] === "--" && !alone ? rest.slice(1) : rest;
  if (args.length > 0) return { target, args };
  const missing = target === undefined && flag === undefined ? "box or PID" : "command";
  throw new NsboxError("EUSAGE", `Cannot exec: no ${missing} is given`, {
    hint:
      flag === undefined
        ? "write nsbox exec BOX COMMAND, for example: nsbox exec web sh"
        : "write nsbox exec FLAGS -- COMMAND, for example: nsbox exec --net web -- ip address",
  });
}

function findTarget(word: string, { joins }: ExecOptions): FoundProcess {
  const found = findProcess(word);
  if (found === undefined) {
    const [flag] = Object.keys(joins);
    if (flag !== undefined) {
      throw new NsboxError("ESPEC", `Cannot exec in ${JSON.stringify(word)}: there is no such box and no such PID`, {
        hint: `for a command in what the flags name and nothing else, write -- before it: -- ${word} …`,
      });
    }
    const hint = hintForPin("exec", word);
    if (hint !== undefined)
      throw new NsboxError("ESPEC", `Cannot exec in ${JSON.stringify(word)}: no box has this name`, { hint });
    if (!/^\d+$/.test(word)) throw unknownBox(word);
    throw new NsboxError("ESPEC", `Cannot exec in ${word}: no box has this name, and no process this PID`, {
      hint: "nsbox ps lists the boxes, ps ax the processes",
    });
  }
  if (found.kind === "box") requireUnpaused(requireRunning("exec in", found.box));
  return found;
}

type Entered = Pick<ExecRequest, "spec" | "target" | "namespaces" | "joins" | "joinsInside" | "isBox" | "root">;

/** What enters a frozen cgroup is frozen, too, and would not come back. */
function requireUnpaused({ name, life }: Box): void {
  if (life !== "stopped") return;
  throw new NsboxError("ESPEC", `Cannot exec in ${JSON.stringify(name)}: it is paused`, {
    hint: `let it go on first: nsbox resume ${name}`,
  });
}

/** SECURITY: a process of a box is treated as the box: a PID must not be a way to be freer than it. */
function requestFor(
  found: FoundProcess | undefined,
  args: readonly string[],
  options: ExecOptions,
  facts: HostFacts,
): Entered {
  if (found === undefined) return requestAlone(args, options, facts);
  const { pid } = found.process;
  const pidfd = openProcess(found.process);
  if (pidfd === undefined) throw new NsboxError("ESPEC", `Cannot exec in process ${pid}: it has just ended`);
  const joins = resolveJoins(options, pid);
  const base = { target: { pid, pidfd }, joins: joins.list, joinsInside: joins.owned };
  const box = found.kind === "box" ? found.box : boxOfProcess(pid);
  if (box === undefined) {
    const { namespaces, root } = options;
    return { ...base, isBox: false, namespaces, root, spec: specBeside(pid, args, options, facts, joins) };
  }
  refusePartial(options, box.name);
  return {
    ...base,
    isBox: true,
    namespaces: undefined,
    root: false,
    spec: buildBoxExec(box.record.spec, args, options, facts),
  };
}

/** Only what flags name is entered; all else stays the caller's, as with ip netns exec. */
function requestAlone(args: readonly string[], options: ExecOptions, facts: HostFacts): Entered {
  const flag = ofProcess(options);
  if (flag !== undefined) {
    throw new NsboxError("EUSAGE", `Cannot use ${flag}: no box and no PID is given`, {
      hint: `it says what to enter of a PID: write that before the command, or leave out ${flag}`,
    });
  }
  const joins = resolveJoins(options, undefined);
  const target = asEntered(readOwnTarget(facts.cwd, typesOf(joins)), joins);
  return {
    target: undefined,
    joins: joins.list,
    joinsInside: false,
    isBox: false,
    namespaces: undefined,
    root: false,
    spec: buildProcessExec(target, args, options, facts),
  };
}

function typesOf({ list }: Joins): readonly NamespaceType[] {
  return list.map(({ type }) => type);
}

function asEntered(target: ExecTarget, joins: Joins): ExecTarget {
  const user = joins.list.find(({ type }) => type === "user");
  if (user === undefined) return target;
  return insideUser(target, user.pid === undefined ? undefined : readIdsInside(user.pid, target.user));
}

/** The first flag that is about a process, and what is entered of it. */
function ofProcess({ namespaces, root, wd }: ExecOptions): string | undefined {
  return namespaces !== undefined ? "--ns" : root ? "--root" : wd ? "--wd" : undefined;
}

/** What would leave a part of the box's isolation out. */
function refusePartial(options: ExecOptions, box: string): void {
  const foreign = (Object.keys(options.joins) as NamespaceType[]).find((type) => !REPLACEABLE.includes(type)); // of a Record by type
  const own = ofProcess(options) ?? (options.preserveCredentials ? "--preserve-credentials" : undefined);
  const flag = own ?? (foreign === undefined ? undefined : flagOf(foreign));
  if (flag === undefined) return;
  throw new NsboxError("EUSAGE", `Cannot use ${flag} with the box ${JSON.stringify(box)}: a box is entered whole`, {
    hint: `leave out ${flag}; it is for processes that nsbox did not start`,
  });
}

/** What a box may be left for when that is said: the rest of what confines it holds all the same. */
const REPLACEABLE: readonly NamespaceType[] = ["net", "uts", "ipc"];

function readTarget(pid: number, options: ExecOptions, joined: readonly NamespaceType[]): ReadTarget {
  try {
    return readExecTarget(pid, options, joined);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "EACCES" || code === "EPERM") {
      throw new NsboxError("EHOST", `Cannot enter process ${pid}: ${code} (what is not yours may not be looked at)`, {
        hint: "run nsbox as root, or as the user whose process it is",
        cause,
      });
    }
    if (code !== "ENOENT" && code !== "ESRCH") throw cause;
    throw new NsboxError("ESPEC", `Cannot enter process ${pid}: it has ended`, {
      hint: "nsbox ls shows which processes there are",
      cause,
    });
  }
}

function specBeside(pid: number, args: readonly string[], options: ExecOptions, facts: HostFacts, joins: Joins): Spec {
  const { target, hasFilter } = readTarget(pid, options, typesOf(joins));
  if (hasFilter) {
    printError(
      `nsbox: note: process ${pid} has a seccomp filter, which nobody can copy: this command runs without it\n`,
    );
  }
  return buildProcessExec(asEntered(target, joins), args, options, facts);
}
