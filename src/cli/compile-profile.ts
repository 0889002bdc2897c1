// Filters that are not simply the default one: what is loaded only where such a filter is asked for.
import { buildCapabilities } from "#src/spec/build-capabilities.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Seccomp } from "#src/spec/spec.ts";

/** The filter of --seccomp FILE, --audit and --no-namespaces; undefined: the default one, which is ready, or none. */
export async function compileProfile(options: RunOptions, facts: HostFacts): Promise<Seccomp | undefined> {
  const { seccomp, audit, noNamespaces } = options;
  const isOwn = seccomp !== undefined && seccomp !== "default" && seccomp !== "none";
  if (seccomp === "none" || !(isOwn || audit !== undefined || noNamespaces)) return undefined;
  const { bounding } = buildCapabilities(0, options);
  const { compileFile, compileDefault } = await import("#src/cli/seccomp-file.ts");
  return isOwn ? compileFile(seccomp, options, facts, bounding) : compileDefault(options, facts, bounding);
}
