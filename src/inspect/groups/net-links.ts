// What netlink tells of interfaces and neighbours, and whose other ends of theirs are. Pure.
import { NUD } from "#ffi/uapi/rtnetlink.ts";
import { type Block, table } from "./group.ts";
import { keep, mapList } from "./lists.ts";

/** The other end of a veth pair, or what a macvlan, ipvlan or vlan lies on. */
export interface Peer {
  readonly index: number;
  /** Undefined where its network namespace can't be asked. */
  readonly name: string | undefined;
  /** The bridge that it is a port of. */
  readonly bridge: string | undefined;
  /** Inode of its network namespace; undefined where no process that you may look at is in it. */
  readonly namespace: number | undefined;
  /** In the same namespace, in yours, in another one, or in one without a process that you may look at. */
  readonly where: "same" | "yours" | "other" | "unknown";
  /** Of those that are there the one that the others descend from. */
  readonly process: number | undefined;
}

export interface LinkFacts {
  /** "veth", "bridge", "macvlan", …; undefined of hardware and loopback. */
  readonly kind: string | undefined;
  readonly mac: string | undefined;
  readonly mtu: number | undefined;
  /** The bridge that it is a port of. */
  readonly bridge: string | undefined;
  readonly peer: Peer | undefined;
  /** Undefined where that can't be asked. */
  readonly up: boolean | undefined;
}

export interface Neighbour {
  readonly interface: string;
  readonly address: string;
  /** Undefined until it has answered. */
  readonly mac: string | undefined;
  readonly state: string;
}

export const NO_FACTS: LinkFacts = {
  kind: undefined,
  mac: undefined,
  mtu: undefined,
  bridge: undefined,
  peer: undefined,
  up: undefined,
};

/** NUD_* in words; undefined of what is no neighbour, but an address that needs none. */
export function neighbourState(state: number): string | undefined {
  if ((state & NUD.NOARP) !== 0 || state === 0) return undefined;
  let name: keyof typeof NUD;
  for (name in NUD) if ((state & NUD[name]) !== 0) return name.toLowerCase();
  return undefined;
}

export type Linked = LinkFacts & { readonly name: string };

/** Those interfaces that something is to be told of. */
export function explainLinks(list: readonly Linked[]): readonly Block[] {
  return table(
    ["interface", "kind", "mtu", "hardware address", "other end"],
    mapList(
      keep(list, ({ kind, peer }) => kind !== undefined || peer !== undefined),
      ({ name, kind, mtu, mac, bridge, peer }) => [
        name,
        [...(kind === undefined ? [] : [kind]), ...portOf(bridge)].join(", "),
        mtu === undefined ? "" : String(mtu),
        mac ?? "",
        peer === undefined ? "none" : explainPeer(peer),
      ],
    ),
  );
}

/** "nsv5f3bfa64 in your namespace, port of nsb-default". */
function explainPeer(peer: Peer): string {
  const { index, name, bridge, namespace, process } = peer;
  const WHERE: Readonly<Record<Peer["where"], string>> = {
    same: "in the same namespace",
    yours: "in your namespace",
    other: `in net ${namespace}, that of process ${process}`,
    unknown: "in a namespace without a process that you may look at",
  };
  return [`${name ?? `interface ${index}`} ${WHERE[peer.where]}`, ...portOf(bridge)].join(", ");
}

function portOf(bridge: string | undefined): readonly string[] {
  return bridge === undefined ? [] : [`port of ${bridge}`];
}

export function explainNeighbours(list: readonly Neighbour[]): readonly Block[] {
  return table(
    ["neighbour", "on", "state", "hardware address"],
    mapList(list, ({ address, interface: name, state, mac }) => [address, name, state, mac ?? "unknown"]),
  );
}
