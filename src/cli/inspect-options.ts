// The flags of `inspect`.
import type { Option } from "./option.ts";

export interface InspectDraft {
  json: boolean;
}

export const INSPECT_OPTIONS: readonly Option<InspectDraft>[] = [
  {
    name: "json",
    group: "Output",
    doc: "print it as JSON",
    apply: (draft) => {
      draft.json = true;
    },
  },
];
