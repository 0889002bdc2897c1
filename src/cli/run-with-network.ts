// `nsbox run --net bridge` and its like: a network got ready before the box, and taken back if that can't be had.
import { pathKind as kindOf, readFacts } from "#src/host/read-facts.ts";
import { findBoxNamespace } from "#src/net/find-box.ts";
import type { NetworkSession } from "#src/net/network-session.ts";
import { prepareNetwork } from "#src/net/prepare-network.ts";
import { checkNetwork } from "#src/spec/check-network.ts";
import { spawnHelper } from "#src/run/spawn-helper.ts";
import { spawnKeptHelper } from "#src/run/start-network-keeper.ts";
import type { HostFacts, PathKind } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";

const HOSTS = "/etc/hosts";

/**
 * Calls `run` with the options in terms of namespaces, and facts that tell of the network.
 *
 * When it returns the box has ended, and its network is taken back; or, with -d, lives on. Throws NsboxError.
 */
export async function runWithNetwork<T>(
  options: RunOptions,
  run: (options: RunOptions, facts: HostFacts, network: NetworkSession | undefined) => Promise<T>,
): Promise<T> {
  const { net } = options.namespaces;
  if (net?.kind === "box") {
    const joined = { ...options.namespaces, net: findBoxNamespace(net.name) };
    const resolved = { ...options, namespaces: joined };
    return run(resolved, readFacts(resolved), undefined);
  }
  const facts = readFacts(options);
  if (net?.kind !== "network") return run(options, facts, undefined);
  checkNetwork(options);
  const livesOn = options.detach && !options.dryRun;
  const session = prepareNetwork(net.network, options, livesOn ? spawnKeptHelper : spawnHelper);
  try {
    const result = await run(options, withNetwork(facts, session), session);
    if (!livesOn) session.release();
    return result;
  } catch (error) {
    // Twice does no harm: what is gone is not missed.
    session.release();
    throw error;
  }
}

function withNetwork(facts: HostFacts, { network }: NetworkSession): HostFacts {
  const paths: Record<string, PathKind> = { ...facts.paths, [HOSTS]: facts.paths[HOSTS] ?? kindOf(HOSTS) };
  if (network.hosts !== undefined && "path" in network.hosts) paths[network.hosts.path] = "file";
  if (network.resolv !== undefined) paths[network.resolv.path] = kindOf(network.resolv.path);
  return { ...facts, network, paths };
}
