// The flags of `inspect`.
import { parseDuration } from "#src/spec/grammar/parse-number.ts";
import type { Option } from "./option.ts";

export interface InspectDraft {
  json: boolean;
  watch: boolean;
  /** Undefined where it isn't given. */
  intervalMs: number | undefined;
}

export const INSPECT_OPTIONS: readonly Option<InspectDraft>[] = [
  {
    name: "json",
    group: "Output",
    doc: "print it as JSON: docs/inspect.md has the names",
    apply: (draft) => {
      draft.json = true;
    },
  },
  {
    name: "watch",
    group: "Output",
    doc: "look again and again until Ctrl-C, and show what has changed",
    apply: (draft) => {
      draft.watch = true;
    },
  },
  {
    name: "interval",
    value: "TIME",
    group: "Output",
    doc: "how long --watch waits in between: 500ms, 2s (the default), 1m",
    apply: (draft, value) => {
      draft.intervalMs = parseDuration("--interval", value);
    },
  },
];
