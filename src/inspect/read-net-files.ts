// A network as the files of /proc/PID/net tell of it: less than the kernel answers by netlink, but to whoever sees the
// process, also where a namespace may not be entered.
import { mapReadable, type Readable } from "./groups/group.ts";
import { mapList } from "./groups/lists.ts";
import {
  type Address,
  parseInet6Addresses,
  parseInterfaces,
  parseLocalAddresses,
  placeAddresses,
} from "./groups/net-interfaces.ts";
import { NO_FACTS } from "./groups/net-links.ts";
import { parseInet6Routes, parseRoutes, type Route } from "./groups/net-routes.ts";
import { parseInternet } from "./groups/net-sockets.ts";
import type { Listener } from "./groups/net-sockets.ts";
import type { Network } from "./groups/network.ts";

/** The text of a file of /proc/PID/net. */
export type ReadText = (name: string) => Readable<string>;

/** All that has an index, an address or a way. */
export type Tables = Pick<Network, "interfaces" | "addresses" | "routes" | "neighbours">;

/** Of neighbours the files tell nothing: why they are not asked for is known. */
export function readNetFiles(text: ReadText, neighbours: Tables["neighbours"]): Tables {
  const routes = readRoutes(text);
  const interfaces = mapReadable(text("dev"), (dev) =>
    mapList(parseInterfaces(dev), (one) => ({ ...one, ...NO_FACTS })),
  );
  return { interfaces, addresses: readAddresses(text, "value" in routes ? routes.value : []), routes, neighbours };
}

/** What a kernel without IPv6 hasn't got is empty. */
export function optional(readable: Readable<string>): string {
  return "value" in readable ? readable.value : "";
}

function readRoutes(text: ReadText): Readable<readonly Route[]> {
  return mapReadable(text("route"), (v4) => [...parseRoutes(v4), ...parseInet6Routes(optional(text("ipv6_route")))]);
}

function readAddresses(text: ReadText, routes: readonly Route[]): Readable<readonly Address[]> {
  return mapReadable(text("fib_trie"), (trie) => [
    ...placeAddresses(parseLocalAddresses(trie), routes),
    ...parseInet6Addresses(optional(text("if_inet6"))),
  ]);
}

/** KERNEL: these go through every connection of the machine, milliseconds; sock_diag(7) does not. */
export function readTcpFiles(text: ReadText): Readable<readonly Listener[]> {
  return mapReadable(text("tcp"), (v4) => [
    ...parseInternet("tcp", v4),
    ...parseInternet("tcp6", optional(text("tcp6"))),
  ]);
}
