// Networks → text and JSON for people and programs. Pure.
import { formatPort, type LeaseRecord } from "./lease-record.ts";
import type { NetworkRecord } from "./network-record.ts";
import { addressNumber } from "./subnet.ts";

/** A network as `--json` has it. Names are stable. */
export interface NetworkView {
  readonly name: string;
  readonly bridge: string;
  /** The bridge is there; else it comes with the next box. */
  readonly up: boolean;
  readonly internal: boolean;
  readonly mtu?: number;
  readonly subnets: readonly { readonly subnet: string; readonly gateway: string }[];
  readonly boxes: readonly BoxView[];
}

export interface BoxView {
  readonly name?: string;
  readonly pid?: number;
  readonly ip: string;
  readonly ip6?: string;
  readonly mac: string;
  readonly device: string;
  readonly ports: readonly string[];
}

/** `leases` are those of boxes that live. */
export function viewNetwork(network: NetworkRecord, leases: readonly LeaseRecord[], up: boolean): NetworkView {
  const { name, bridge, internal, mtu, ip4, ip6 } = network;
  return {
    name,
    bridge,
    up,
    internal,
    ...(mtu === undefined ? {} : { mtu }),
    subnets: [ip4, ...(ip6 === undefined ? [] : [ip6])],
    boxes: [...leases].sort(byAddress).map(viewBox),
  };
}

function byAddress(one: LeaseRecord, other: LeaseRecord): number {
  return Number((addressNumber(one.ip4) ?? 0n) - (addressNumber(other.ip4) ?? 0n));
}

function viewBox({ name, box, ip4, ip6, mac, veth, publish }: LeaseRecord): BoxView {
  return {
    ...(name === undefined ? {} : { name }),
    ...(box === undefined ? {} : { pid: box.pid }),
    ip: ip4,
    ...(ip6 === undefined ? {} : { ip6 }),
    mac,
    device: veth,
    ports: publish.map(formatPort),
  };
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join("  "));
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** A line for each network, under headings. */
export function explainNetworks(networks: readonly NetworkView[]): string {
  if (networks.length === 0) return "no networks yet; nsbox run --net bridge makes one, nsbox net create others\n";
  const rows = networks.map(({ name, bridge, up, internal, subnets, boxes }) => [
    name,
    subnets.map(({ subnet }) => subnet).join(" "),
    String(boxes.length),
    up ? bridge : `${bridge} (not up)`,
    internal ? "internal" : "",
  ]);
  return table([["NAME", "SUBNETS", "BOXES", "BRIDGE", ""], ...rows]);
}

/** A network and the boxes in it. */
export function explainNetwork({ name, bridge, up, internal, mtu, subnets, boxes }: NetworkView): string {
  const facts = [
    ["network", name],
    ["bridge", up ? bridge : `${bridge}, which comes up with the first box`],
    ...subnets.map(({ subnet, gateway }) => ["subnet", `${subnet}, gateway ${gateway}`]),
    ["out", internal ? "nothing leads out of it, or in" : "through the host, with its address"],
    ...(mtu === undefined ? [] : [["mtu", String(mtu)]]),
  ];
  if (boxes.length === 0) return `${table(facts)}no box is in it\n`;
  const rows = boxes.map((box) => [
    box.name ?? "",
    box.pid === undefined ? "" : String(box.pid),
    [box.ip, ...(box.ip6 === undefined ? [] : [box.ip6])].join(" "),
    box.device,
    box.ports.join(" "),
  ]);
  return `${table(facts)}\n${table([["BOX", "PID", "ADDRESSES", "DEVICE", "PORTS"], ...rows])}`;
}
