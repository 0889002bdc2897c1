// --seccomp → the filter of the box. Pure; a profile of the user's own has been compiled before, see src/cli.
import { defaultFilter } from "#src/seccomp/default-filter.ts";
import type { HostFacts } from "./facts.ts";
import type { RunOptions } from "./options.ts";
import type { Seccomp } from "./spec.ts";

export const DEFAULT_PROFILE = "default";

/** The filter; `own` is what --seccomp FILE came to. */
export function buildSeccomp(
  { seccomp, nested }: RunOptions,
  { arch }: HostFacts,
  bounding: readonly string[],
  own: Seccomp | undefined,
): Seccomp | undefined {
  if (seccomp === "none") return undefined;
  if (own !== undefined) return own;
  const held = nested ? [...bounding, "nested"] : bounding;
  return { profile: DEFAULT_PROFILE, filter: defaultFilter(arch, held).toBase64(), flags: 0 };
}
