// The same for iptables(8): chains of the network's or box's own, and what leads to them. Pure.
import type { PublishedPort } from "#src/spec/network.ts";
import { isEvery } from "./lease-record.ts";
import type { NetworkRecord } from "./network-record.ts";
import type { PublishTarget } from "./nft-rules.ts";

/** A rule in a chain that others use too. */
export interface Jump {
  readonly table: string;
  readonly chain: string;
  readonly words: readonly string[];
}

/** What one of iptables and ip6tables is given. */
export interface IptablesRules {
  readonly family: "ip" | "ip6";
  /** What iptables-restore reads: the own chains, as a whole. */
  readonly restore: string;
  readonly jumps: readonly Jump[];
}

interface OwnChain {
  readonly table: string;
  readonly from: readonly { readonly chain: string; readonly when: readonly string[] }[];
  readonly rules: readonly string[];
}

function build(family: "ip" | "ip6", name: string, chains: readonly OwnChain[]): IptablesRules {
  const tables = chains.map(({ table, rules }) =>
    [`*${table}`, `:${name} - [0:0]`, ...rules.map((rule) => `-A ${name} ${rule}`), "COMMIT", ""].join("\n"),
  );
  const jumps = chains.flatMap(({ table, from }) =>
    from.map(({ chain, when }) => ({ table, chain, words: [...when, "-j", name] })),
  );
  return { family, restore: tables.join(""), jumps };
}

/** A network's chains, which have its bridge's name. */
export function iptablesNetwork({ bridge, ip4, ip6, internal }: NetworkRecord): readonly IptablesRules[] {
  const versions = [
    { family: "ip" as const, subnet: ip4.subnet },
    ...(ip6 === undefined ? [] : [{ family: "ip6" as const, subnet: ip6.subnet }]),
  ];
  return versions.map(({ family, subnet }) => {
    const forward: OwnChain = {
      table: "filter",
      from: [{ chain: "FORWARD", when: [] }],
      rules: [
        ...(internal ? [`-i ${bridge} ! -o ${bridge} -j DROP`] : []),
        `-o ${bridge} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`,
        `-o ${bridge} -m conntrack --ctstate DNAT -j ACCEPT`,
        `-o ${bridge} ! -i ${bridge} -j DROP`,
      ],
    };
    const nat: OwnChain = {
      table: "nat",
      from: [{ chain: "POSTROUTING", when: [] }],
      rules: [
        ...(internal ? [] : [`-s ${subnet} ! -o ${bridge} -j MASQUERADE`]),
        `-s ${subnet} -o ${bridge} -m conntrack --ctstate DNAT -j MASQUERADE`,
        ...(family === "ip" ? [`-s 127.0.0.0/8 -o ${bridge} -j MASQUERADE`] : []),
      ],
    };
    const loopback: OwnChain = {
      table: "raw",
      from: [{ chain: "PREROUTING", when: [] }],
      rules: [`-i ${bridge} -d 127.0.0.0/8 -j DROP`],
    };
    return build(family, bridge, family === "ip" ? [forward, nat, loopback] : [forward, nat]);
  });
}

/** A box's chains, which have the name of its device on the host. */
export function iptablesPublish({ table, ip4, ip6, ports }: PublishTarget): readonly IptablesRules[] {
  const chains = (family: "ip" | "ip6", address: string): IptablesRules =>
    build(family, table, [
      {
        table: "nat",
        from: ["PREROUTING", "OUTPUT"].map((chain) => ({ chain, when: ["-m", "addrtype", "--dst-type", "LOCAL"] })),
        rules: ports.filter((port) => isFor(family, port)).map((port) => dnatRule(port, address)),
      },
    ]);
  return [chains("ip", ip4), ...(ip6 === undefined ? [] : [chains("ip6", ip6)])];
}

function isFor(family: "ip" | "ip6", { hostIp }: PublishedPort): boolean {
  return hostIp === undefined || hostIp.includes(":") === (family === "ip6");
}

function dnatRule({ protocol, hostIp, hostPort, boxPort }: PublishedPort, address: string): string {
  const to = address.includes(":") ? `[${address}]:${boxPort}` : `${address}:${boxPort}`;
  const where = hostIp === undefined || isEvery(hostIp) ? "" : `-d ${hostIp} `;
  return `${where}-p ${protocol} --dport ${hostPort} -j DNAT --to-destination ${to}`;
}

/** Commands that take it all back. */
export function removalCommands(tool: string, { restore, jumps }: IptablesRules): readonly (readonly string[])[] {
  const own = [...restore.matchAll(/^\*(\w+)\n:(\S+)/gm)].map(([, table = "", chain = ""]) => ({ table, chain }));
  return [
    ...jumps.map(({ table, chain, words }) => [tool, "-w", "-t", table, "-D", chain, ...words]),
    ...own.flatMap(({ table, chain }) => ["-F", "-X"].map((flag) => [tool, "-w", "-t", table, flag, chain])),
  ];
}
