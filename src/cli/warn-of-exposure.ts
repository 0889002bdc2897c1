// What a box that is shown more than usual can reach of the host. On the way to every box: loads only what it needs.
import { printError } from "#src/host/print.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Spec } from "#src/spec/spec.ts";
import { showsMore } from "./shows-more.ts";

/** Prints a warning for each socket of the host that the box can reach; gives how many there are. */
export async function warnOfExposure(options: RunOptions, spec: Spec, facts: HostFacts): Promise<number> {
  if (options.json || !showsMore(options)) return 0;
  const { readExposureWarnings } = await import("#src/host/read-exposed-sockets.ts");
  const warnings = readExposureWarnings(spec, facts);
  for (const warning of warnings) printError(warning);
  return warnings.length;
}
