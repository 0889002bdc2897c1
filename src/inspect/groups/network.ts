// What of the network a process sees, see network_namespaces(7).
import { type Block, explainBytes, type Group, type Readable, rows, shownBlocks, table } from "./group.ts";
import { mapList } from "./lists.ts";
import { explainNatRules, type NatRule } from "./nat-rules.ts";
import { explainHelper, type NetworkHelper } from "./net-helper.ts";
import type { Address, Interface } from "./net-interfaces.ts";
import { explainLinks, explainNeighbours, type Neighbour } from "./net-links.ts";
import type { Route } from "./net-routes.ts";
import { type Listener, listenerText } from "./net-sockets.ts";

/** All of the network namespace, whichever process of it has the sockets open. */
export interface Network {
  readonly interfaces: Readable<readonly Interface[]>;
  readonly addresses: Readable<readonly Address[]>;
  readonly routes: Readable<readonly Route[]>;
  readonly neighbours: Readable<readonly Neighbour[]>;
  /** Rules of your own network namespace that rewrite addresses of what it sends, or is sent. */
  readonly natRules: Readable<readonly NatRule[]>;
  /** The program in user space that is this network. */
  readonly helper: NetworkHelper | undefined;
  readonly listening: Readable<readonly Listener[]>;
}

/** `held` are the inodes of the sockets that the process itself has open. */
export function explainNetwork(network: Network, held: readonly (number | undefined)[]): Group {
  return {
    title: "Network",
    meaning: "all that its network namespace holds, whoever in it has it open",
    blocks: [
      ...shownBlocks(network.interfaces, "interfaces", (list) => explainInterfaces(list, network.addresses)),
      ...shownBlocks(network.interfaces, "other ends", explainLinks),
      ...shownBlocks(network.routes, "routes", explainRoutes),
      ...shownBlocks(network.neighbours, "neighbours", explainNeighbours),
      ...shownBlocks(network.natRules, "nat outside", explainNatRules),
      ...explainHelper(network.helper),
      ...shownBlocks(network.listening, "listening", (list) => explainListeners(list, held)),
    ],
  };
}

function explainInterfaces(list: readonly Interface[], addresses: Network["addresses"]): readonly Block[] {
  if (list.length === 0) return [rows({ label: "interfaces", value: "none" })];
  const known = "value" in addresses ? addresses.value : [];
  const of = (name: string | undefined): string => {
    const texts: string[] = [];
    for (const { interface: on, address, prefix } of known)
      if (on === name) texts.push(prefix === undefined ? address : `${address}/${prefix}`);
    return texts.join(" ");
  };
  const elsewhere = of(undefined);
  return [
    ...table(
      ["interface", "is", "received", "sent", "addresses"],
      mapList(list, ({ name, up, receivedBytes, sentBytes }) => [
        name,
        up === undefined ? "?" : up ? "up" : "down",
        explainBytes(receivedBytes),
        explainBytes(sentBytes),
        of(name) || "none",
      ]),
    ),
    ...(elsewhere === "" ? [] : [rows({ label: "addresses", value: elsewhere, note: "no route tells on which" })]),
  ];
}

function explainRoutes(routes: readonly Route[]): readonly Block[] {
  if (routes.length === 0) return [rows({ label: "routes", value: "none: nothing outside can be reached" })];
  return table(
    ["route to", "through", "on"],
    mapList(routes, ({ destination, prefix, gateway, interface: name }) => [
      prefix === 0 ? `default (IPv${destination.includes(":") ? 6 : 4})` : `${destination}/${prefix}`,
      gateway ?? "directly",
      name,
    ]),
  );
}

function explainListeners(listeners: readonly Listener[], held: readonly (number | undefined)[]): readonly Block[] {
  if (listeners.length === 0) return [rows({ label: "listening", value: "nothing" })];
  return table(
    ["listening", "by", "at"],
    mapList(listeners, (listener) => [
      listener.protocol,
      held.includes(listener.inode) ? "this" : listener.uid === undefined ? "unknown" : `uid ${listener.uid}`,
      listenerText(listener),
    ]),
  );
}

/** What is known of sockets, by inode: "listens on tcp 0.0.0.0:80". */
export function socketNames({ listening }: Network): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const list = "value" in listening ? listening.value : [];
  for (const one of list) names.set(one.inode, `listens on ${one.protocol} ${listenerText(one)}`);
  return names;
}
