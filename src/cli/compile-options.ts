// The flags of `compile`: its own, and those of `run`.
import { parsePath } from "#src/spec/grammar/parse-path.ts";
import type { Option } from "./option.ts";
import type { RunDraft } from "./run-draft.ts";
import { RUN_OPTIONS } from "./run-options.ts";

/** RunOptions while they are being read, and what is compile's own. */
export interface CompileDraft extends RunDraft {
  output: string | undefined;
  show: string | undefined;
  dieWithParent: boolean;
}

const COMPILE = "Compile";

export const COMPILE_OPTIONS: readonly Option<CompileDraft>[] = [
  {
    name: "output",
    short: "o",
    value: "FILE",
    group: COMPILE,
    doc: "where the executable goes",
    apply: (d, v) => {
      d.output = parsePath("--output", v);
    },
  },
  {
    name: "show",
    value: "FILE",
    group: COMPILE,
    doc: "print the plan of a compiled box, call by call; compile nothing",
    apply: (d, v) => {
      d.show = parsePath("--show", v);
    },
  },
  {
    name: "die-with-parent",
    group: COMPILE,
    doc: "let the box end when who started it ends",
    apply: (d) => {
      d.dieWithParent = true;
    },
  },
  ...RUN_OPTIONS,
];
