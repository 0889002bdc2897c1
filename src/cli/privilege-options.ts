// The flags of `run` that say what the command may do, a row each.
import { parseCapabilities } from "#src/spec/grammar/parse-capability.ts";
import { parsePath } from "#src/spec/grammar/parse-path.ts";
import type { Option } from "./option.ts";
import type { RunDraft } from "./run-draft.ts";

const PRIVILEGES = "Privileges";

export const PRIVILEGE_OPTIONS: readonly Option<RunDraft>[] = [
  {
    name: "cap-add",
    value: "CAP,…",
    repeatable: true,
    group: PRIVILEGES,
    doc: "gives away: a capability beyond Docker's default set, or all",
    apply: (d, v) => {
      d.capAdd.push(...parseCapabilities("--cap-add", v));
    },
  },
  {
    name: "cap-drop",
    value: "CAP,…",
    repeatable: true,
    group: PRIVILEGES,
    doc: "do without a capability, or all",
    apply: (d, v) => {
      d.capDrop.push(...parseCapabilities("--cap-drop", v));
    },
  },
  {
    name: "allow-new-privs",
    group: PRIVILEGES,
    doc: "gives away: setuid programs may raise privileges",
    apply: (d) => {
      d.allowNewPrivs = true;
    },
  },
  {
    name: "landlock",
    group: PRIVILEGES,
    doc: "insist on Landlock, which is used where the kernel has it",
    apply: (d) => {
      d.landlock = true;
    },
  },
  {
    name: "no-landlock",
    group: PRIVILEGES,
    doc: "gives away: the second wall behind the mounts",
    apply: (d) => {
      d.landlock = false;
    },
  },
  {
    name: "seccomp",
    value: "PROFILE",
    group: PRIVILEGES,
    doc: "which system calls: default, a profile's .json file, or none",
    apply: (d, v) => {
      d.seccomp = v === "default" || v === "none" ? v : parsePath("--seccomp", v);
    },
  },
  {
    name: "audit",
    value: "FILE",
    group: PRIVILEGES,
    doc: "write down each call and host that is refused, as JSON; -: a summary",
    apply: (d, v) => {
      d.audit = v === "-" ? v : parsePath("--audit", v);
    },
  },
  {
    name: "nested",
    group: PRIVILEGES,
    doc: "gives away: user namespaces and mounts inside, for a box in the box",
    apply: (d) => {
      d.nested = true;
    },
  },
  {
    name: "hide",
    value: "PATH",
    repeatable: true,
    group: PRIVILEGES,
    doc: "show a folder empty, or a file without content",
    apply: (d, v) => {
      d.hide.push(parsePath("--hide", v));
    },
  },
  {
    name: "no-protect",
    group: PRIVILEGES,
    doc: "gives away: git hooks, editor tasks, start-up files within --rw",
    apply: (d) => {
      d.protect = false;
    },
  },
];
