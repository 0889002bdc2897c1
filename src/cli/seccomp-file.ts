// A seccomp profile by what the user calls it: "default", or a file.
import { readProfileFile } from "#src/host/read-profile-file.ts";
import { checkUsable } from "#src/seccomp/check-usable.ts";
import { compilePolicy } from "#src/seccomp/compile.ts";
import { defaultFilter } from "#src/seccomp/default-filter.ts";
import { defaultPolicy } from "#src/seccomp/default-policy.ts";
import { parseProfile } from "#src/seccomp/parse-profile.ts";
import type { Policy } from "#src/seccomp/policy.ts";
import { type Instruction, packProgram, unpackProgram } from "#src/seccomp/program.ts";
import { type ResolveFor, resolveProfile } from "#src/seccomp/resolve-profile.ts";
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
export function compileFile(path: string, where: ResolveFor): Seccomp {
  const profile = parseProfile(readProfileFile(path), path);
  const policy = resolveProfile(profile, where);
  checkUsable(policy, path);
  return { profile: path, filter: packProgram(compilePolicy(policy).program).toBase64(), flags: profile.flags };
}
