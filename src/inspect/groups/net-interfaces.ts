// Interfaces and their addresses: /proc/PID/net/dev, fib_trie, if_inet6.
import { isDigits, parseLines, wordsOf } from "../proc-text.ts";
import { mapList } from "./lists.ts";
import { ipv4Number, ipv6Text, parseHex } from "./net-address.ts";
import type { LinkFacts } from "./net-links.ts";
import type { Route } from "./net-routes.ts";

export interface Interface extends LinkFacts {
  readonly name: string;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

export interface Address {
  readonly address: string;
  /** Bits of the network; undefined where no route tells. */
  readonly prefix: number | undefined;
  /** Undefined where no route tells on which it is. */
  readonly interface: string | undefined;
}

/** What /proc tells of an interface. */
export type Counted = Pick<Interface, "name" | "receivedBytes" | "sentBytes">;

/** /proc/PID/net/dev: two lines of heads, then "name: 16 numbers". */
export function parseInterfaces(text: string): readonly Counted[] {
  return parseLines(text, (line) => {
    const colon = line.lastIndexOf(":");
    const numbers = wordsOf(line.slice(colon + 1));
    if (colon < 1 || numbers.length < 16) return undefined;
    for (const number of numbers) if (!isDigits(number, 20)) return undefined;
    const [received, sent] = [Number(numbers[0]), Number(numbers[8])];
    return { name: line.slice(0, colon).trim(), receivedBytes: received, sentBytes: sent };
  });
}

/** The IPv4 addresses of the machine itself in /proc/PID/net/fib_trie, each once. */
export function parseLocalAddresses(text: string): readonly string[] {
  const local: string[] = [];
  let address = "";
  for (const line of text.split("\n")) {
    const at = line.indexOf("|-- ");
    if (at !== -1) address = line.slice(at + 4);
    else if (line.trim() === "/32 host LOCAL" && ipv4Number(address) !== undefined && !local.includes(address))
      local.push(address);
  }
  return local;
}

/** Which interface an address belongs to: the one through which its own network is reached. */
export function placeAddresses(addresses: readonly string[], routes: readonly Route[]): readonly Address[] {
  return mapList(addresses, (address) => {
    const number = ipv4Number(address) ?? 0;
    if (number >>> 24 === 127) return { address, prefix: 8, interface: "lo" };
    const direct = narrowest(routes, number);
    return { address, prefix: direct?.prefix, interface: direct?.interface };
  });
}

/** Of the networks that are reached directly the smallest that an address is in. */
function narrowest(routes: readonly Route[], address: number): Route | undefined {
  let best: Route | undefined;
  for (const route of routes) {
    const { family, gateway, destination, prefix } = route;
    if (family !== 4 || gateway !== undefined || prefix <= (best?.prefix ?? 0)) continue;
    if (sameNetwork(address, ipv4Number(destination) ?? 0, prefix)) best = route;
  }
  return best;
}

function sameNetwork(a: number, b: number, prefix: number): boolean {
  const size = 2 ** (32 - prefix);
  return Math.floor(a / size) === Math.floor(b / size);
}

/** /proc/PID/net/if_inet6: address, index, prefix, scope, flags, name. */
export function parseInet6Addresses(text: string): readonly Address[] {
  return parseLines(text, (line) => {
    const [hex = "", , prefix, , , name] = wordsOf(line);
    const address = ipv6Text(hex, "network");
    if (address === undefined || name === undefined) return undefined;
    return { address, prefix: parseHex(prefix), interface: name };
  });
}
