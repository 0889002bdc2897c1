// --seccomp FILE: what is loaded only where a profile of the user's own is asked for.
import { buildCapabilities } from "#src/spec/build-capabilities.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Seccomp } from "#src/spec/spec.ts";

/** The filter of --seccomp FILE; the default one is ready. */
export async function compileProfile(options: RunOptions, { arch, kernel }: HostFacts): Promise<Seccomp | undefined> {
  const { seccomp } = options;
  if (seccomp === undefined || seccomp === "default" || seccomp === "none") return undefined;
  const { compileFile } = await import("#src/cli/seccomp-file.ts");
  return compileFile(seccomp, { arch, kernel, caps: buildCapabilities(0, options).bounding });
}
