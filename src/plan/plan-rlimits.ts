// The command's limits, see getrlimit(2).
import { DEFAULT_NOFILE_SOFT } from "#src/spec/defaults.ts";
import type { Spec } from "#src/spec/spec.ts";
import type { Step } from "./steps.ts";

/** Those that were asked for, and one of open files in any case. */
export function planRlimits({ process: { rlimits } }: Spec): readonly Step[] {
  const steps: Step[] = [];
  let limitsFiles = false;
  for (const limit of rlimits) {
    steps.push({ kind: "rlimit", limit });
    if (limit.type === "RLIMIT_NOFILE") limitsFiles = true;
  }
  return limitsFiles ? steps : [...steps, { kind: "open-files", soft: DEFAULT_NOFILE_SOFT }];
}
