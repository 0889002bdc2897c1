// The flags of `diff`.
import type { Option } from "./option.ts";

export interface DiffDraft {
  json: boolean;
}

export const DIFF_OPTIONS: readonly Option<DiffDraft>[] = [
  {
    name: "json",
    group: "Output",
    doc: "print it as JSON, with what is the same too",
    apply: (draft) => {
      draft.json = true;
    },
  },
];
