// The flags of `doctor`.
import type { Option } from "./option.ts";

export interface DoctorDraft {
  json: boolean;
}

export const DOCTOR_OPTIONS: readonly Option<DoctorDraft>[] = [
  {
    name: "json",
    group: "Output",
    doc: "print every finding as JSON",
    apply: (draft) => {
      draft.json = true;
    },
  },
];
