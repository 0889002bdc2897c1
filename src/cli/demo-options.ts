// The flags of `demo`.
import type { Option } from "./option.ts";

export interface DemoDraft {
  step: boolean;
  json: boolean;
}

export const DEMO_OPTIONS: readonly Option<DemoDraft>[] = [
  {
    name: "step",
    group: "Output",
    doc: "wait for Enter before each look, on a terminal",
    apply: (draft) => {
      draft.step = true;
    },
  },
  {
    name: "json",
    group: "Output",
    doc: "print what was made and seen as JSON",
    apply: (draft) => {
      draft.json = true;
    },
  },
];
