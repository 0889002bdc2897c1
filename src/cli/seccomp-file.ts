// A seccomp profile by what the user calls it: "default", or a file.
import { readProfileFile } from "#src/host/read-profile-file.ts";
import { checkUsable } from "#src/seccomp/check-usable.ts";
import { compilePolicy } from "#src/seccomp/compile.ts";
import { defaultFilter, liftFor } from "#src/seccomp/default-filter.ts";
import { defaultPolicy } from "#src/seccomp/default-policy.ts";
import { withoutSockets } from "#src/seccomp/without-sockets.ts";
import { parseProfile } from "#src/seccomp/parse-profile.ts";
import type { Policy } from "#src/seccomp/policy.ts";
import { type Instruction, packProgram, unpackProgram } from "#src/seccomp/program.ts";
import { type ResolveFor, resolveProfile } from "#src/seccomp/resolve-profile.ts";
import { withListener } from "#src/spec/build-listener.ts";
import { buildSeccomp } from "#src/spec/build-seccomp.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Seccomp } from "#src/spec/spec.ts";

/** A profile with the filter that a box gets of it. */
export interface LoadedFilter {
  readonly name: string;
  readonly policy: Policy;
  readonly program: readonly Instruction[];
  /** What lifts a refusal: capabilities, and "nested". */
  readonly held: readonly string[];
}

/** The filter of a box that holds these. Throws NsboxError EUSAGE. */
export function loadFilter(name: string, where: ResolveFor, nested: boolean): LoadedFilter {
  const held = nested ? [...where.caps, "nested"] : where.caps;
  if (name === "default") {
    const program = unpackProgram(defaultFilter(where.arch, held));
    return { name, policy: defaultPolicy(where.arch), program, held };
  }
  const policy = resolveProfile(parseProfile(readProfileFile(name), name), where);
  return { name, policy, program: compilePolicy(policy).program, held };
}

/** The filter that a box with --seccomp FILE gets. Throws NsboxError EUSAGE. */
export function compileFile(path: string, options: RunOptions, facts: HostFacts, caps: readonly string[]): Seccomp {
  const profile = parseProfile(readProfileFile(path), path);
  const policy = resolveProfile(profile, { arch: facts.arch, kernel: facts.kernel, caps });
  const asks = checkUsable(policy, path, profile.listener !== undefined || options.audit !== undefined);
  const filter = packProgram(compilePolicy(policy).program).toBase64();
  const listener = asks && profile.listener !== undefined ? { kind: "agent" as const, ...profile.listener } : undefined;
  return withListener({ profile: path, filter, flags: profile.flags, listener }, options, facts, caps);
}

/** The default filter, where it makes no sockets, or somebody is told of what it refuses. Throws NsboxError EUSAGE. */
export function compileDefault(options: RunOptions, facts: HostFacts, caps: readonly string[]): Seccomp | undefined {
  const own = options.noNamespaces ? filterWithoutSockets(options, facts, caps) : undefined;
  const filter = buildSeccomp(options, facts, caps, own);
  return filter === undefined ? undefined : withListener(filter, options, facts, caps);
}

/** --no-namespaces: the network of the host is given away by --net host, sockets behind paths by --unix-sockets. */
function filterWithoutSockets(
  { namespaces, unixSockets }: RunOptions,
  { arch }: HostFacts,
  caps: readonly string[],
): Seccomp {
  const policy = withoutSockets(defaultPolicy(arch), { internet: namespaces.net !== undefined, unix: unixSockets });
  const { program, lifts } = compilePolicy(policy);
  const filter = liftFor(packProgram(program), lifts, caps).toBase64();
  return { profile: "default", filter, flags: 0 };
}
