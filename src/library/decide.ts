// Options → Spec, as it is for a program: streams are not known yet, and nothing is printed.
import { compileProfile } from "#src/cli/compile-profile.ts";
import type { RunDraft } from "#src/cli/run-draft.ts";
import { readEnvFiles } from "#src/host/read-env-files.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Spec } from "#src/spec/spec.ts";

export interface Decision {
  readonly spec: Spec;
  readonly facts: HostFacts;
}

/** The Spec of a box with this command. Throws NsboxError. */
export async function decide(draft: RunDraft, args: readonly string[]): Promise<Decision> {
  const given: RunOptions = { ...draft, tty: false, args, env: allVariables(draft) };
  // Nothing is waited for where nothing has to be: what is read is as it is when the caller asks.
  const options = hasNames(given) ? await resolveNames(given) : given;
  const facts: HostFacts = {
    ...readFacts(options),
    terminal: false,
    // The command gets the mask that this process would give any child.
    signalMask: 0n,
    openFolders: [],
    passedFiles: [
      { fd: 0, access: "read" },
      { fd: 1, access: "write" },
      { fd: 2, access: "write" },
    ],
  };
  return { spec: buildSpec(options, facts, await compileProfile(options, facts)), facts };
}

function allVariables({ env, envFiles }: RunDraft): RunOptions["env"] {
  return envFiles.length === 0 ? env : [...readEnvFiles(envFiles), ...env];
}

function hasNames({ namespaces }: RunOptions): boolean {
  return Object.values(namespaces).some(({ kind }) => kind === "name" || kind === "box");
}

/** Namespaces that are given by a name: of `nsbox ns pin`, or a box's. */
async function resolveNames(options: RunOptions): Promise<RunOptions> {
  let { namespaces } = options;
  const { net } = namespaces;
  if (net?.kind === "box") {
    const { findBoxNamespace } = await import("#src/net/find-box.ts");
    namespaces = { ...namespaces, net: findBoxNamespace(net.name) };
  }
  if (!Object.values(namespaces).some(({ kind }) => kind === "name")) return { ...options, namespaces };
  const { resolvePins } = await import("#src/cli/pin-names.ts");
  return resolvePins({ ...options, namespaces });
}
