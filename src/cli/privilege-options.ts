// The flags of `run` that say what the command may do, a row each.
import { parseCapabilities } from "#src/spec/grammar/parse-capability.ts";
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
];
