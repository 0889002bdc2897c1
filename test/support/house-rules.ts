// The house rules, as data: every row says why it stands there and what to write instead. tidy.test.ts holds them.

/** One layer of the source and what it may import; itself always. Names that end in "/" or ":" are prefixes. */
export interface Layer {
  readonly of: readonly string[];
  /** Pure: no clock, no chance, no machine. The same input gives the same output on any operating system. */
  readonly pure: boolean;
  readonly may: readonly string[];
}

const SPEC_USERS: readonly string[] = ["src/spec/", "ffi/uapi/", "src/error.ts"];

/** Imports run downward only. */
export const LAYERS: readonly Layer[] = [
  { of: ["ffi/uapi/"], pure: true, may: [] },
  { of: ["ffi/tape/"], pure: true, may: ["ffi/uapi/"] },
  { of: ["ffi/runner/"], pure: true, may: ["ffi/uapi/", "ffi/tape/"] },
  { of: ["ffi/front/"], pure: true, may: ["ffi/runner/", "ffi/uapi/concat-bytes.ts"] },
  { of: ["ffi/libc/"], pure: false, may: ["ffi/uapi/", "bun:ffi"] },
  { of: ["src/error.ts", "src/hints.ts"], pure: true, may: ["ffi/uapi/", "src/spec/facts.ts"] },
  { of: ["src/seccomp/"], pure: true, may: ["ffi/uapi/", "src/error.ts"] },
  { of: ["src/spec/"], pure: true, may: ["ffi/uapi/", "src/error.ts", "src/seccomp/"] },
  { of: ["src/plan/"], pure: true, may: [...SPEC_USERS, "ffi/tape/call.ts"] },
  {
    of: ["src/compile/"],
    pure: true,
    may: [...SPEC_USERS, "src/plan/", "src/hints.ts", "ffi/tape/", "ffi/runner/"],
  },
  {
    of: ["src/host/"],
    pure: false,
    may: [...SPEC_USERS, "ffi/libc/", "ffi/front/engine-option.ts", "node:fs", "bun:jsc"],
  },
  { of: ["src/run/"], pure: false, may: [...SPEC_USERS, "src/plan/", "src/hints.ts", "ffi/", "node:"] },
  // The edge of the doctor; what it sees is judged by the pure rest.
  {
    of: ["src/doctor/read-observations.ts", "src/doctor/try-boxes.ts"],
    pure: false,
    may: [...SPEC_USERS, "src/doctor/", "src/host/", "src/run/", "src/plan/", "ffi/libc/"],
  },
  { of: ["src/doctor/"], pure: true, may: ["src/spec/"] },
  // The edge of the demo: it makes the boxes that the pure rest describes and judges.
  {
    of: ["src/demo/play-proof.ts"],
    pure: false,
    may: [...SPEC_USERS, "src/demo/", "src/plan/", "src/run/", "ffi/libc/"],
  },
  { of: ["src/demo/"], pure: true, may: [...SPEC_USERS, "src/plan/"] },
  // The edge of the audit: the listener, /proc, the log.
  {
    of: ["src/audit/agent.ts", "src/audit/listen.ts", "src/audit/open-audit.ts", "src/audit/read-caller.ts"],
    pure: false,
    may: [...SPEC_USERS, "src/audit/", "src/seccomp/", "ffi/libc/"],
  },
  { of: ["src/audit/"], pure: true, may: ["ffi/uapi/"] },
  // The edge of ready boxes: what is asked of the machine, and the folder they lie in.
  {
    of: ["src/ready/find-ready.ts", "src/ready/make-ready.ts", "src/ready/observe.ts"],
    pure: false,
    may: [
      ...SPEC_USERS,
      ...["src/ready/", "src/plan/", "src/compile/", "src/host/", "src/state/state-files.ts"],
      ...["ffi/front/", "ffi/libc/", "node:fs"],
    ],
  },
  { of: ["src/ready/"], pure: true, may: [...SPEC_USERS, "ffi/front/", "ffi/tape/"] },
  { of: ["src/egress/"], pure: false, may: [...SPEC_USERS, "ffi/libc/", "node:"] },
  {
    of: ["src/state/"],
    pure: false,
    may: [...SPEC_USERS, "ffi/libc/", "node:fs", "src/inspect/proc-text.ts", "src/cgroup/"],
  },
  { of: ["src/cgroup/"], pure: false, may: [...SPEC_USERS, "node:fs"] },
  {
    of: ["src/pin/"],
    pure: false,
    may: [...SPEC_USERS, "ffi/libc/", "node:fs", "src/plan/", "src/run/", "src/state/", "src/inspect/"],
  },
  { of: ["src/net/"], pure: false, may: [...SPEC_USERS, "src/state/", "ffi/libc/", "node:"] },
  {
    of: ["src/inspect/groups/"],
    pure: true,
    may: [...SPEC_USERS, "src/inspect/proc-text.ts", "src/inspect/parse-mountinfo.ts"],
  },
  {
    of: ["src/inspect/"],
    pure: false,
    may: [
      ...SPEC_USERS,
      "ffi/libc/",
      "ffi/tape/call.ts",
      "src/run/peek.ts",
      "src/net/netlink.ts",
      "src/net/helper-ports.ts",
      "node:fs",
    ],
  },
  {
    of: ["src/cli/"],
    pure: false,
    may: [
      ...[
        "src/error.ts",
        "src/hints.ts",
        "src/version.ts",
        "src/spec/",
        "src/plan/",
        "src/compile/",
        "src/host/",
        "src/run/",
        "src/inspect/",
        "src/state/",
        "src/cgroup/",
        "src/audit/",
        "src/egress/",
        "src/net/",
        "src/pin/",
        "src/ready/",
        "src/doctor/",
        "src/demo/",
        "src/seccomp/",
      ],
      ...["citty", "consola", "consola/core", "@oclif/table", "node:", "package.json", "src/version.ts"],
    ],
  },
  { of: ["src/version.ts"], pure: true, may: [] },
  // The command line's other face: of src/cli only what says what flags mean, nothing that prints or loads a framework.
  {
    of: ["src/library/"],
    pure: false,
    may: [
      ...SPEC_USERS,
      ...["src/hints.ts", "src/plan/", "src/compile/", "src/run/", "src/host/", "src/egress/", "src/net/find-box.ts"],
      ...["src/ready/may-be-ready.ts", "src/ready/observation.ts", "src/ready/observe.ts"],
      ...[
        "option",
        "run-draft",
        "run-options",
        "exec-options",
        "compile-profile",
        "pin-names",
        "explain-refused-clone",
      ].map((name) => `src/cli/${name}.ts`),
      ...["ffi/libc/", "ffi/runner/start.ts", "ffi/tape/"],
    ],
  },
  { of: ["src/index.ts"], pure: false, may: ["src/library/", "src/error.ts"] },
  // print.ts: what goes wrong before src/cli is loaded is printed too.
  {
    of: ["src/main.ts"],
    pure: false,
    may: [
      "src/cli/",
      "src/error.ts",
      "src/host/print.ts",
      "src/host/hide-engine-option.ts",
      "src/host/hold-signals.ts",
      "src/run/trace.ts",
    ],
  },
];

/** A pattern that must not stand in the source. */
export interface Ban {
  readonly name: string;
  readonly pattern: RegExp;
  /** Where it is looked for: the code alone, the code with its texts, or the whole file with its comments. */
  readonly within: "code" | "code and texts" | "everything";
  /** Folders and files that it covers; a folder ends in "/". */
  readonly covers: readonly string[];
  /** Folders and files inside those that may. */
  readonly except: readonly string[];
  readonly why: string;
  readonly instead: string;
  /** A line that the pattern must find: the test of the test. */
  readonly sample: string;
}

const PRODUCT: readonly string[] = ["ffi/", "src/"];
const ALL: readonly string[] = ["ffi/", "src/", "scripts/", "test/"];
// This file and the test have to spell out what they forbid.
const TIDY: readonly string[] = ["test/support/house-rules.ts"];

export const BANS: readonly Ban[] = [
  {
    name: "dlopen outside ffi/libc",
    pattern: /\bdlopen\b/,
    within: "code",
    covers: PRODUCT,
    except: ["ffi/libc/"],
    why: "every native symbol is one more thing to audit, and one more that start-up pays for",
    instead: "a row in the table of ffi/libc and a wrapper named as in section 2 of the manual",
    sample: 'const libc = dlopen("libc.so.6", {});',
  },
  {
    name: "process.exit outside src/main.ts",
    pattern: /\bprocess\s*\.\s*(?:exit|reallyExit)\s*\(/,
    within: "code",
    covers: PRODUCT,
    except: ["src/main.ts"],
    why: "an exit skips every finally: terminals stay raw and boxes stay behind",
    instead: "throw NsboxError, or return the exit code",
    sample: "process.exit(1);",
  },
  {
    name: "a catch that swallows",
    pattern: /\bcatch\s*(?:\([^)]*\)\s*)?\{\s*\}/,
    within: "code",
    covers: ALL,
    except: [],
    why: "a failure that nobody sees is found last",
    instead: "let it pass, or name the errno that is tolerated and throw the rest on",
    sample: "try { f(); } catch (error) { /* never mind */ }",
  },
  {
    name: "any",
    pattern: /(?::|\bas|<|\||,|=>)\s*any\b(?!\s*[:(?])|\bany\[\]/,
    within: "code",
    covers: ALL,
    except: [],
    why: "it turns the type checker off for all that it touches",
    instead: "unknown, narrowed before use",
    sample: "function f(value: any): void {}",
  },
  {
    name: "as unknown as",
    pattern: /\bas\s+unknown\s+as\b/,
    within: "code",
    covers: ALL,
    except: [],
    why: "a cast that the compiler refuses is almost always wrong",
    instead: "a type guard, or a type that says what the value is",
    sample: "const box = value as unknown as Box;",
  },
  {
    name: "silencing the type checker",
    pattern: /@ts-(?:ignore|expect-error|nocheck)/,
    within: "everything",
    covers: ALL,
    except: TIDY,
    why: "it hides the errors of tomorrow too",
    instead: "the type that makes the line right",
    sample: "// @ts-ignore",
  },
  {
    name: "work left for later",
    pattern: /(?:\/\/|\/\*|^\s*\*).*\b(?:TODO|FIXME|XXX|HACK)\b/m,
    within: "everything",
    covers: ALL,
    except: TIDY,
    why: "nobody comes back for it",
    instead: "do it now, or write an issue",
    sample: "// TODO: check the errno",
  },
  {
    name: "import up two folders",
    pattern: /["']\.\.\/\.\.\//,
    within: "code and texts",
    covers: PRODUCT,
    except: [],
    why: "it hides which layer is meant, and breaks when a file moves",
    instead: '"#src/…" or "#ffi/…"',
    sample: 'import { x } from "../../error.ts";',
  },
  {
    name: "default export",
    pattern: /^\s*export\s+default\b/m,
    within: "code",
    covers: ALL,
    except: [],
    why: "it has another name wherever it is imported",
    instead: "a named export",
    sample: "export default function main() {}",
  },
  {
    name: "barrel file",
    pattern: /^\s*export\s+(?:\*|type\s+\*)/m,
    within: "code",
    covers: ALL,
    except: [],
    why: "it loads everything for one name, and hides where that name lives",
    instead: "import from the file that has it",
    sample: 'export * from "./mount.ts";',
  },
  {
    name: "a program started without env",
    pattern: /\bBun\s*\.\s*spawn(?:Sync)?\s*\((?![^;]*\benv\b)/,
    within: "code",
    covers: PRODUCT,
    except: [],
    why: "it gets what nsbox was started with, and the front's variable with it: see src/host/hide-engine-option.ts",
    instead: "env: process.env",
    sample: 'Bun.spawnSync(["true"], { stdin: "ignore" });',
  },
];

/** What a pure folder must not reach; a name that the file declares itself is not the global one. */
export const IMPURE_GLOBALS: readonly string[] = [
  ...["process", "Bun", "globalThis", "performance", "crypto", "console"],
  ...["Date", "fetch", "setTimeout", "setInterval"],
];

/** Why: what is planned follows from Spec and HostFacts alone, or a golden test says nothing. */
export const IMPURE_INSTEAD = "a field of HostFacts, read by src/host";

/** Lines that a file may have. */
export const LINES_MAX = 400;

/** Tables copied from kernel headers: as long as the header is. */
export const LONG_TABLES: readonly string[] = ["ffi/uapi/syscalls-arm64.ts", "ffi/uapi/syscalls-x64.ts"];

/** Files that are longer for now, with their lines: an entry may only shrink and go. */
export const RATCHET: Readonly<Record<string, number>> = {};

/** How far above a `ptr(` its SAFETY comment may stand. */
export const SAFETY_LINES = 5;

/** What belongs to one machine and must not get into a file: its folders and the package hosts it uses. */
export const MACHINE_TRACES: readonly RegExp[] = [
  /(?<![\w.])\/work\//,
  /\bhttps?:\/\/[\w.-]*(?:registry|mirror|proxy|artifactory|nexus)[\w.-]*/i,
];
