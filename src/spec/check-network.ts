// Which flags go with which kind of network: said before anything is made. Pure.
import { NsboxError } from "#src/error.ts";
import type { NetworkOption, NetworkSettings } from "./network.ts";
import type { RunOptions } from "./options.ts";

type Kind = NetworkOption["kind"];

interface FlagRow {
  readonly flag: string;
  readonly setting: keyof NetworkSettings;
  readonly goesWith: readonly Kind[];
}

const ALL: readonly Kind[] = ["bridge", "pasta", "macvlan", "ipvlan"];

const FLAGS: readonly FlagRow[] = [
  { flag: "--publish", setting: "publish", goesWith: ["bridge", "pasta"] },
  { flag: "--ip", setting: "ip", goesWith: ALL },
  { flag: "--ip6", setting: "ip6", goesWith: ALL },
  { flag: "--mac", setting: "mac", goesWith: ["bridge", "pasta", "macvlan"] },
  { flag: "--mtu", setting: "mtu", goesWith: ALL },
  { flag: "--dns", setting: "dns", goesWith: ALL },
  { flag: "--dns-search", setting: "dnsSearch", goesWith: ALL },
  { flag: "--add-host", setting: "addHosts", goesWith: ALL },
];

/** The first flag that does not go with the kind of network there is. */
function wrongFlag(settings: NetworkSettings, option: NetworkOption | undefined): FlagRow | undefined {
  for (const row of FLAGS) {
    const value = settings[row.setting];
    const isGiven = Array.isArray(value) ? value.length > 0 : value !== undefined;
    if (isGiven && (option === undefined || !row.goesWith.includes(option.kind))) return row;
  }
  return undefined;
}

/** Throws NsboxError EUSAGE. */
export function checkNetwork({
  namespaces,
  network: settings,
  allowHosts,
}: Pick<RunOptions, "namespaces" | "network" | "allowHosts">): void {
  const option = namespaces.net?.kind === "network" ? namespaces.net.network : undefined;
  const wrong = wrongFlag(settings, option);
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
  checkPorts(settings);
}

function checkPorts({ publish }: NetworkSettings): void {
  for (const [n, port] of publish.entries()) {
    const twice = publish
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
