// What nftables is to do for a network and for a box's published ports, as `nft -j -f -` reads it; see
// libnftables-json(5). Pure.
import type { PublishedPort } from "#src/spec/network.ts";
import { isEvery } from "./lease-record.ts";
import type { NetworkRecord } from "./network-record.ts";

/** A command or statement of nft's JSON. */
export type NftJson = Readonly<Record<string, unknown>>;

const FAMILY = "inet";

const match = (left: NftJson, right: unknown, op = "=="): NftJson => ({ match: { op, left, right } });
const meta = (key: string): NftJson => ({ meta: { key } });
const payload = (protocol: string, field: string): NftJson => ({ payload: { protocol, field } });
const ct = (key: string): NftJson => ({ ct: { key } });
const prefixOf = (subnet: string): NftJson => {
  const [addr = "", len = ""] = subnet.split("/");
  return { prefix: { addr, len: Number(len) } };
};
const into = (bridge: string): NftJson => match(meta("oifname"), bridge);
const outOf = (bridge: string): NftJson => match(meta("iifname"), bridge);
const notInto = (bridge: string): NftJson => match(meta("oifname"), bridge, "!=");
const notOutOf = (bridge: string): NftJson => match(meta("iifname"), bridge, "!=");
const isPublished: NftJson = match(ct("status"), "dnat", "in");
const isAnswer: NftJson = match(ct("state"), { set: ["established", "related"] }, "in");
const ACCEPT: NftJson = { accept: null };
const DROP: NftJson = { drop: null };
const MASQUERADE: NftJson = { masquerade: null };
const LOOPBACK = "127.0.0.0/8";

interface Chain {
  readonly name: string;
  readonly type: "nat" | "filter";
  readonly hook: "prerouting" | "output" | "forward" | "postrouting";
  readonly priority: number;
  readonly rules: readonly (readonly NftJson[])[];
}

/** KERNEL: NF_IP_PRI_*: before connections are tracked, where destinations change, filters, where sources change. */
const PRIORITY = { raw: -300, dstnat: -100, filter: 0, srcnat: 100 } as const;

/** One table, made anew as a whole: whoever looks sees the old one or the new one. */
function tableCommands(name: string, chains: readonly Chain[]): NftJson {
  const table = { table: { family: FAMILY, name } };
  const commands = chains.flatMap(({ name: chain, type, hook, priority, rules }): readonly NftJson[] => [
    { add: { chain: { family: FAMILY, table: name, name: chain, type, hook, prio: priority, policy: "accept" } } },
    ...rules.map((expr) => ({ add: { rule: { family: FAMILY, table: name, chain, expr } } })),
  ]);
  return { nftables: [{ add: table }, { delete: table }, { add: table }, ...commands] };
}

/** Removes it; it has to be there. */
export function deleteTable(name: string): NftJson {
  return { nftables: [{ delete: { table: { family: FAMILY, name } } }] };
}

/** The words after `nft` that do the same. */
export function deleteTableWords(name: string): readonly string[] {
  return ["delete", "table", FAMILY, name];
}

/** A network's table, which has its bridge's name. */
export function networkTable({ bridge, ip4, ip6, internal }: NetworkRecord): NftJson {
  const subnets = [
    { protocol: "ip", subnet: ip4.subnet },
    ...(ip6 === undefined ? [] : [{ protocol: "ip6", subnet: ip6.subnet }]),
  ];
  const masquerade = subnets.flatMap(({ protocol, subnet }): readonly (readonly NftJson[])[] => {
    const fromBox = match(payload(protocol, "saddr"), prefixOf(subnet));
    // A box that comes back in through a published port must not answer its neighbour past the host.
    const toNeighbour = [fromBox, into(bridge), isPublished, MASQUERADE];
    return internal ? [toNeighbour] : [[fromBox, notInto(bridge), MASQUERADE], toNeighbour];
  });
  return tableCommands(bridge, [
    {
      name: "loopback",
      type: "filter",
      hook: "prerouting",
      priority: PRIORITY.raw,
      // SECURITY: route_localnet lets the host's own 127.0.0.1 reach published ports, and must let no box reach back.
      rules: [[outOf(bridge), match(payload("ip", "daddr"), prefixOf(LOOPBACK)), DROP]],
    },
    {
      name: "forward",
      type: "filter",
      hook: "forward",
      priority: PRIORITY.filter,
      rules: [
        ...(internal ? [[outOf(bridge), notInto(bridge), DROP]] : []),
        [into(bridge), isAnswer, ACCEPT],
        [into(bridge), isPublished, ACCEPT],
        // Neither other networks nor what knows the way reach a box that publishes nothing.
        [into(bridge), notOutOf(bridge), DROP],
      ],
    },
    {
      name: "postrouting",
      type: "nat",
      hook: "postrouting",
      priority: PRIORITY.srcnat,
      rules: [...masquerade, [match(payload("ip", "saddr"), prefixOf(LOOPBACK)), into(bridge), MASQUERADE]],
    },
  ]);
}

/** Where a box's published ports lead. */
export interface PublishTarget {
  /** The box's end of its pair on the host; also the table's name. */
  readonly table: string;
  readonly ip4: string;
  readonly ip6: string | undefined;
  readonly ports: readonly PublishedPort[];
}

/** A box's table, which has the name of its device on the host. */
export function publishTable({ table, ip4, ip6, ports }: PublishTarget): NftJson {
  const rules = ports.flatMap((port): readonly (readonly NftJson[])[] => {
    const { protocol, hostIp, hostPort, boxPort } = port;
    const wantsIp6 = hostIp?.includes(":");
    const versions = [
      ...(wantsIp6 === true ? [] : [{ family: "ip", address: ip4 }]),
      ...(wantsIp6 === false || ip6 === undefined ? [] : [{ family: "ip6", address: ip6 }]),
    ];
    return versions.map(({ family, address }) => [
      match(meta("nfproto"), family === "ip" ? "ipv4" : "ipv6"),
      hostIp === undefined || isEvery(hostIp)
        ? match({ fib: { result: "type", flags: "daddr" } }, "local")
        : match(payload(family, "daddr"), hostIp),
      match(payload(protocol, "dport"), hostPort),
      { dnat: { family, addr: address, port: boxPort } },
    ]);
  });
  // ::1 has no route_localnet: what goes there stays on the host.
  return tableCommands(table, [
    { name: "prerouting", type: "nat", hook: "prerouting", priority: PRIORITY.dstnat, rules },
    { name: "output", type: "nat", hook: "output", priority: PRIORITY.dstnat, rules },
  ]);
}
