// Which flags go with which kind of network: said before anything is made. Pure.
import { NsboxError } from "#src/error.ts";
import type { NetworkOption, NetworkSettings } from "./network.ts";
import type { RunOptions } from "./options.ts";

type Kind = NetworkOption["kind"];

interface FlagRow {
  readonly flag: string;
  readonly isGiven: (settings: NetworkSettings) => boolean;
  readonly goesWith: readonly Kind[];
}

const ALL: readonly Kind[] = ["bridge", "pasta", "macvlan", "ipvlan"];

const FLAGS: readonly FlagRow[] = [
  { flag: "--publish", isGiven: ({ publish }) => publish.length > 0, goesWith: ["bridge", "pasta"] },
  { flag: "--ip", isGiven: ({ ip }) => ip !== undefined, goesWith: ALL },
  { flag: "--ip6", isGiven: ({ ip6 }) => ip6 !== undefined, goesWith: ALL },
  { flag: "--mac", isGiven: ({ mac }) => mac !== undefined, goesWith: ["bridge", "pasta", "macvlan"] },
  { flag: "--mtu", isGiven: ({ mtu }) => mtu !== undefined, goesWith: ALL },
  { flag: "--dns", isGiven: ({ dns }) => dns.length > 0, goesWith: ALL },
  { flag: "--dns-search", isGiven: ({ dnsSearch }) => dnsSearch.length > 0, goesWith: ALL },
  { flag: "--add-host", isGiven: ({ addHosts }) => addHosts.length > 0, goesWith: ALL },
];

/** Throws NsboxError EUSAGE. */
export function checkNetwork({
  namespaces,
  network: settings,
  allowHosts,
}: Pick<RunOptions, "namespaces" | "network" | "allowHosts">): void {
  const option = namespaces.net?.kind === "network" ? namespaces.net.network : undefined;
  const wrong = FLAGS.find(
    ({ isGiven, goesWith }) => isGiven(settings) && (option === undefined || !goesWith.includes(option.kind)),
  );
  if (wrong !== undefined) {
    const state = option === undefined ? "--net is not a network" : `it does not go with --net ${option.kind}`;
    throw new NsboxError("EUSAGE", `Cannot use ${wrong.flag}: ${state}`, {
      hint: `it goes with --net ${wrong.goesWith.join(", ")}`,
    });
  }
  // SECURITY: a list of hosts means nothing to a box that has another way out.
  if (option !== undefined && allowHosts.length > 0) {
    throw new NsboxError(
      "EUSAGE",
      `Cannot use --allow-host with --net ${option.kind}: the box would have another way out`,
      {
        hint: "leave out --net: the hosts on the list are reached without a network",
      },
    );
  }
  for (const [n, port] of settings.publish.entries()) {
    const twice = settings.publish
      .slice(0, n)
      .some(
        (other) =>
          other.hostPort === port.hostPort &&
          other.protocol === port.protocol &&
          (other.hostIp === port.hostIp || other.hostIp === undefined || port.hostIp === undefined),
      );
    if (twice)
      throw new NsboxError("EUSAGE", `Cannot publish port ${port.hostPort} twice`, {
        hint: "give each port once; without an address it is of every address",
      });
  }
}
