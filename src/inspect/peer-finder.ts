// The other ends of veth pairs, and what macvlan, ipvlan and vlan lie on: which are whose.
import { type Link, parseLink } from "#ffi/uapi/rtnetlink-answers.ts";
import { getLink, getLinkIn } from "#ffi/uapi/rtnetlink-requests.ts";
import { Netlink } from "#src/net/netlink.ts";
import { findIn } from "./groups/lists.ts";
import type { Peer } from "./groups/net-links.ts";
import { askNetnsid } from "./read-netnsids.ts";
import type { Inhabitant, Surroundings } from "./surroundings.ts";

export function withIndex(links: readonly Link[], index: number | undefined): Link | undefined {
  return findIn(links, (link) => link.index === index);
}

/** Whether it has another end, or lies on another link. */
export function hasOther({ link, index, linkNetnsid }: Link): boolean {
  return link !== undefined && link !== 0 && (link !== index || linkNetnsid !== undefined);
}

/** Links of another namespace that may not be asked for: none of these is a reason to fail. */
const UNTOLD = ["ENODEV", "EPERM", "EACCES", "EINVAL", "EOPNOTSUPP"] as const;

export class PeerFinder {
  readonly #netlink: Netlink;
  readonly #links: readonly Link[];
  readonly #around: Surroundings;
  /** By the numbers that the namespace has for others. */
  readonly #inhabitants = new Map<number, Inhabitant>();
  #asked = 0;

  constructor(netlink: Netlink, links: readonly Link[], around: Surroundings) {
    this.#netlink = netlink;
    this.#links = links;
    this.#around = around;
  }

  /** Of a link that has one, see hasOther(). */
  find({ link: index = 0, linkNetnsid }: Link): Peer {
    if (linkNetnsid === undefined) return this.#here(index);
    const inhabitant = this.#inhabitant(linkNetnsid);
    const isYours = inhabitant === this.#around.self;
    const told = isYours ? askHere(index) : this.#askThere(linkNetnsid, index);
    const where = isYours ? "yours" : inhabitant === undefined ? "unknown" : "other";
    const process = isYours || inhabitant === undefined ? undefined : this.#around.firstIn(inhabitant.namespace);
    return { index, name: told?.name, bridge: told?.bridge, namespace: inhabitant?.namespace, where, process };
  }

  /** Both ends are in the namespace that is looked at. */
  #here(index: number): Peer {
    const other = withIndex(this.#links, index);
    const bridge = withIndex(this.#links, other?.master)?.name;
    return { index, name: other?.name, bridge, namespace: undefined, where: "same", process: undefined };
  }

  /** Asks for as many as it takes: this process comes first, and its namespace most often is it. */
  #inhabitant(netnsid: number): Inhabitant | undefined {
    while (!this.#inhabitants.has(netnsid)) {
      const at = this.#asked++;
      const next = at === 0 ? this.#around.self : this.#around.inhabitants[at - 1];
      if (next === undefined) return undefined;
      if (at > 0 && next.namespace === this.#around.self.namespace) continue;
      const number = askNetnsid(this.#netlink, next.pid);
      if (number !== undefined) this.#inhabitants.set(number, next);
    }
    return this.#inhabitants.get(netnsid);
  }

  #askThere(netnsid: number, index: number): Told | undefined {
    const link = this.#netlink.find("look for a peer", getLinkIn(netnsid, index), parseLink, ...UNTOLD);
    return link === undefined ? undefined : { name: link.name, bridge: undefined };
  }
}

interface Told {
  readonly name: string;
  readonly bridge: string | undefined;
}

function askHere(index: number): Told | undefined {
  using netlink = new Netlink();
  const ask = (one: number): Link | undefined => netlink.find("look for a peer", getLink(one), parseLink, ...UNTOLD);
  const link = ask(index);
  if (link === undefined) return undefined;
  return { name: link.name, bridge: link.master === undefined ? undefined : ask(link.master)?.name };
}
