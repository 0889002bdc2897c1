// `nsbox run -d`: a box that lives on, and stands in the state folder from before its first moment.
import { isAbsolute, join } from "node:path";
import { compileProfile } from "#src/cli/compile-profile.ts";
import { cgroupPath, findBoxCgroups, noLimit } from "#src/cgroup/box-cgroup.ts";
import { explainRefusedClone } from "#src/cli/explain-refused-clone.ts";
import { warnOfExposure } from "#src/cli/warn-of-exposure.ts";
import { NsboxError } from "#src/error.ts";
import { printOut } from "#src/host/print.ts";
import { readFacts } from "#src/host/read-facts.ts";
import type { BoxNetworkSession } from "#src/run/run-box.ts";
import { type DetachOptions, startDetached } from "#src/run/start-detached.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import { EGRESS_SOCKET } from "#src/spec/egress.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Spec } from "#src/spec/spec.ts";
import { makeUpName } from "#src/state/box-names.ts";
import { type BoxLog, RECORD_VERSION } from "#src/state/box-record.ts";
import { isNameTaken, listBoxes, nameTaken, openNewBox } from "#src/state/box-store.ts";
import { readPidNamespace } from "#src/state/find-process.ts";
import { readIdentity } from "#src/state/process-life.ts";

/** Prints the box's name. Throws NsboxError. */
export async function runDetached(options: RunOptions): Promise<number> {
  // What killed commands left behind goes now, so that it can't pile up.
  listBoxes();
  if (options.name !== undefined && isNameTaken(options.name)) throw nameTaken(options.name);
  const named: NamedOptions = { ...options, name: options.name ?? freeName() };
  const { net } = options.namespaces;
  if (net?.kind !== "network" && net?.kind !== "box") return startNamed(named, readFacts(named), undefined);
  const { runWithNetwork } = await import("#src/cli/run-with-network.ts");
  return runWithNetwork(named, (resolved, facts, network) =>
    startNamed({ ...resolved, name: named.name }, facts, network),
  );
}

type NamedOptions = RunOptions & { readonly name: string };

async function startNamed(
  options: NamedOptions,
  facts: HostFacts,
  network: BoxNetworkSession | undefined,
): Promise<number> {
  const spec = buildSpec(options, facts, await compileProfile(options, facts));
  await warnOfExposure(options, spec, facts);
  const log = logOf(options, facts);
  const { pidsLimit } = options;
  const parent = facts.clone3 ? findBoxCgroups() : undefined;
  if (parent === undefined && pidsLimit !== undefined) {
    throw noLimit("there is no cgroup of version 2 here in which you may make others");
  }
  const cgroup = parent === undefined ? undefined : { path: cgroupPath(parent, options.name), pidsLimit };
  const pid = startRecorded({
    options,
    facts,
    spec: { ...spec, linux: { ...spec.linux, cgroup } },
    log,
    network,
    proxy: await startEgress(spec),
  });
  const { name } = options;
  printOut(options.json ? `${JSON.stringify({ name, pid, log })}\n` : `${name}\n`);
  return 0;
}

/** The box's end of the proxy's socket, where it has one: the proxy ends with the box's init, which keeps it. */
async function startEgress({ box: { egress } }: Spec): Promise<Start["proxy"]> {
  if (egress === undefined) return {};
  const { startProxy } = await import("#src/egress/start-proxy.ts");
  return { [EGRESS_SOCKET]: startProxy(egress, { livesOn: true }) };
}

const NAME_TRIES = 50;

function freeName(): string {
  for (let n = 0; n < NAME_TRIES; n++) {
    const name = makeUpName(Math.random);
    if (!isNameTaken(name)) return name;
  }
  // So many boxes that names run out: a number makes it one of a kind.
  return `${makeUpName(Math.random)}-${process.pid}`;
}

function logOf({ log, logSize }: RunOptions, { cwd }: HostFacts): BoxLog {
  if (log === undefined) return { kind: "own", isBounded: logSize !== "unlimited" };
  if (log === "none") return { kind: "none" };
  return { kind: "file", path: isAbsolute(log) ? log : join(cwd, log) };
}

interface Start {
  readonly options: NamedOptions;
  readonly facts: HostFacts;
  readonly spec: Spec;
  readonly log: BoxLog;
  readonly network: BoxNetworkSession | undefined;
  readonly proxy: DetachOptions["files"];
}

function startRecorded({ options, facts, spec, log, network, proxy }: Start): number {
  const box = openNewBox(log);
  const { cgroup } = spec.linux;
  try {
    if (cgroup !== undefined) box.makeCgroup(cgroup.path, cgroup.pidsLimit);
    return startDetached(spec, facts, {
      files: { ...box.files, ...proxy },
      network,
      record: (pid, keeper) => {
        const identity = readIdentity(pid);
        if (identity === undefined) throw new NsboxError("EINTERNAL", "Cannot record the box: it has gone");
        box.commit(options.name, {
          version: RECORD_VERSION,
          createdAt: Date.now(),
          process: identity,
          keeper: keeper === undefined ? undefined : readIdentity(keeper),
          pidNamespace: readPidNamespace(pid),
          labels: options.labels,
          rm: options.rm,
          log,
          farewell: network?.farewell(),
          spec,
        });
      },
    });
  } catch (error) {
    box.discard();
    throw explainRefusedClone(error, spec);
  }
}
