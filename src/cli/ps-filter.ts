// `nsbox ps --filter KEY=VALUE`. Pure.
import { usageError } from "#src/spec/grammar/usage-error.ts";
import type { Box } from "#src/state/box-store.ts";
import { type BoxState, stateOf } from "./explain-box.ts";

export type PsFilter =
  | { readonly key: "name"; readonly part: string }
  | { readonly key: "state"; readonly state: BoxState }
  | { readonly key: "label"; readonly name: string; readonly value: string | undefined };

const STATES: readonly BoxState[] = ["running", "paused", "restarting", "exited"];
const HINT = "write name=PART, state=running, label=NAME or label=NAME=VALUE";

/** "state=exited", "label=tier=web". */
export function parsePsFilter(text: string): PsFilter {
  const [, key = "", value = ""] = /^(\w+)=(.+)$/.exec(text) ?? [];
  if (key === "name") return { key, part: value };
  if (key === "label") {
    const equals = value.indexOf("=");
    if (equals === -1) return { key, name: value, value: undefined };
    return { key, name: value.slice(0, equals), value: value.slice(equals + 1) };
  }
  const state = STATES.find((word) => word === value);
  if ((key === "state" || key === "status") && state !== undefined) return { key: "state", state };
  throw usageError("--filter", text, "it is not something to look for", HINT);
}

/** Whether the box is what is looked for. */
export function matchesFilter(box: Box, filter: PsFilter): boolean {
  switch (filter.key) {
    case "name":
      return box.name.includes(filter.part);
    case "state":
      return stateOf(box) === filter.state;
    case "label":
      return box.record.labels.some(
        ({ name, value }) => name === filter.name && (filter.value === undefined || value === filter.value),
      );
  }
}
