// What a box that is shown more than usual can reach of the host. On the way to every box: loads only what it needs.
import { printError } from "#src/host/print.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Spec } from "#src/spec/spec.ts";
import { showsMore } from "./shows-more.ts";

/** Prints a warning for each socket of the host that the box can reach. */
export async function warnOfExposure(options: RunOptions, spec: Spec, facts: HostFacts): Promise<void> {
  if (options.json || !showsMore(options)) return;
  const { readExposureWarnings } = await import("#src/host/read-exposed-sockets.ts");
  for (const warning of readExposureWarnings(spec, facts)) printError(warning);
}
