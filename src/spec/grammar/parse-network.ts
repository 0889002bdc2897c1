// --net bridge and its like, --ip, --mac, --mtu, --dns, --add-host, --publish, and the subnets of `net create`.
import { formatIp, formatMac, parseIp, parseMac } from "#ffi/uapi/inet.ts";
import { INTERFACE_NAME_BYTES_MAX } from "#ffi/uapi/rtnetlink.ts";
import { DEFAULT_NETWORK, type HostEntry, type NetworkOption, type PublishedPort } from "#src/spec/network.ts";
import type { NamespaceOption } from "#src/spec/options.ts";
import { parseWhole } from "./parse-number.ts";
import { usageError } from "./usage-error.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;

/** What else --net takes: a network, or the namespace of a box; undefined if the text is none of these. */
export function parseNetwork(text: string): NamespaceOption | undefined {
  const [word = "", ...rest] = text.split(":");
  const value = rest.length === 0 ? undefined : rest.join(":");
  switch (word) {
    case "bridge":
      return { kind: "network", network: parseBridges(text, value) };
    case "pasta":
      return value === undefined ? { kind: "network", network: { kind: "pasta" } } : undefined;
    case "macvlan":
    case "ipvlan":
      return { kind: "network", network: { kind: word, parent: parseInterface(text, value ?? "") } };
    case "container":
      return parseContainer(text, value ?? "");
    default:
      return undefined;
  }
}

function parseBridges(text: string, value: string | undefined): NetworkOption {
  const names = value === undefined ? [DEFAULT_NETWORK] : value.split(",");
  const hint = "write bridge, bridge:NAME or bridge:NAME,NAME; nsbox net ls lists the networks";
  if (!names.every((name) => NAME.test(name))) throw usageError("--net", text, "that is no name of a network", hint);
  if (new Set(names).size < names.length) throw usageError("--net", text, "a network is named twice", hint);
  return { kind: "bridge", names };
}

function parseInterface(text: string, name: string): string {
  // KERNEL: dev_valid_name(): no slash, no colon, no space, neither . nor ..
  if (/^[^\s/:\0]+$/.test(name) && !/^\.{1,2}$/.test(name) && byteLength(name) <= INTERFACE_NAME_BYTES_MAX) return name;
  const hint = "name a device of the host, as in --net macvlan:eth0; ip link lists them";
  throw usageError("--net", text, "that is no name of a device", hint);
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

const PID_MAX = 2 ** 22; // KERNEL: PID_MAX_LIMIT

function parseContainer(text: string, value: string): NamespaceOption {
  const pid = /^\d{1,8}$/.test(value) ? Number(value) : 0;
  if (pid > 0 && pid <= PID_MAX) return { kind: "pid", pid };
  if (NAME.test(value)) return { kind: "box", name: value };
  throw usageError("--net", text, "that is neither a box nor a PID", "write container:NAME or container:PID");
}

/** A network's name. */
export function parseNetworkName(text: string): string {
  if (NAME.test(text)) return text;
  const hint = "give up to 63 letters, digits, dots, dashes and underscores";
  throw usageError("network", text, "it is not a name for a network", hint);
}

type Version = 4 | 6;

const IP_HINTS: Readonly<Record<Version, string>> = { 4: "10.88.0.9", 6: "fd00::9" };

/** "10.88.0.9", or "10.88.0.9/24": in its shortest form. */
export function parseAddress(flag: string, text: string, version: Version): string {
  const [ip = "", prefix, ...rest] = text.split("/");
  const bytes = parseIp(ip);
  const bits = version === 4 ? 32 : 128;
  if (rest.length > 0 || bytes === undefined || bytes.length * 8 !== bits)
    throw usageError(
      flag,
      text,
      `it is not an IPv${version} address`,
      `write for example ${flag} ${IP_HINTS[version]}`,
    );
  return prefix === undefined ? formatIp(bytes) : `${formatIp(bytes)}/${parseWhole(flag, prefix, [1, bits])}`;
}

/** An address of either version. */
export function parseAnyIp(flag: string, text: string): string {
  const bytes = parseIp(text);
  if (bytes !== undefined) return formatIp(bytes);
  throw usageError(flag, text, "it is not an IP address", `write for example ${flag} 192.0.2.53`);
}

const UNICAST_BIT = 1;

/** "02:00:0a:58:00:09". */
export function parseMacAddress(flag: string, text: string): string {
  const bytes = parseMac(text);
  const first = bytes?.[0] ?? UNICAST_BIT;
  if (bytes !== undefined && (first & UNICAST_BIT) === 0 && bytes.some((byte) => byte !== 0)) return formatMac(bytes);
  throw usageError(flag, text, "it is not a device's MAC address", `write for example ${flag} 02:00:0a:58:00:09`);
}

/** KERNEL: less than 1280 turns IPv6 off, and 68 is the least there is. */
const MTU_RANGE: readonly [number, number] = [68, 65535];

export function parseMtu(flag: string, text: string): number {
  return parseWhole(flag, text, MTU_RANGE);
}

/** "NAME:ADDRESS", as Docker has it. */
export function parseHostEntry(flag: string, text: string): HostEntry {
  const colon = text.indexOf(":");
  const [name, ip] = [text.slice(0, Math.max(colon, 0)), parseIp(text.slice(colon + 1))];
  if (parseDomain(name) && ip !== undefined) return { name, ip: formatIp(ip) };
  throw usageError(flag, text, "it is not NAME:ADDRESS", `write for example ${flag} db:10.88.0.9`);
}

function parseDomain(text: string): boolean {
  return /^[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]{0,252})$/.test(text);
}

/** A domain to look names up in. */
export function parseSearchDomain(flag: string, text: string): string {
  if (parseDomain(text)) return text;
  throw usageError(flag, text, "it is not a domain", `write for example ${flag} example.org`);
}

const PORTS: readonly [number, number] = [1, 65535];

/** "8080:80", "127.0.0.1:8080:80", "[::1]:8080:80", each with "/udp" or "/tcp". */
export function parsePublish(flag: string, text: string): PublishedPort {
  const hint = `write ${flag} HOST:BOX, as in ${flag} 8080:80, ${flag} 127.0.0.1:8080:80 or ${flag} 5353:53/udp`;
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[0-9.]+):)?(\d{1,5}):(\d{1,5})(?:\/(tcp|udp))?$/.exec(text);
  if (match === null) throw usageError(flag, text, "it is not a pair of ports", hint);
  const [, address, hostPort = "", boxPort = "", protocol = "tcp"] = match;
  const ip = address === undefined ? undefined : parseIp(address.replace(/^\[|\]$/g, ""));
  if (address !== undefined && ip === undefined) throw usageError(flag, text, "the address is none", hint);
  return {
    protocol: protocol === "udp" ? "udp" : "tcp",
    hostIp: ip === undefined ? undefined : formatIp(ip),
    hostPort: parseWhole(flag, hostPort, PORTS),
    boxPort: parseWhole(flag, boxPort, PORTS),
  };
}

const PREFIXES: Readonly<Record<Version, readonly [number, number]>> = { 4: [8, 30], 6: [48, 126] };

/** A network's addresses: "10.50.0.0/16", "fd00:1::/64". */
export function parseSubnetText(flag: string, text: string, version: Version): string {
  const [ip = "", prefix = ""] = text.split("/");
  const example = version === 4 ? "10.50.0.0/16" : "fd00:1::/64";
  if (!/^[^/]+\/\d{1,3}$/.test(text) || parseIp(ip)?.length !== (version === 4 ? 4 : 16))
    throw usageError(flag, text, `it is not an IPv${version} subnet`, `write for example ${flag} ${example}`);
  return `${parseAddress(flag, ip, version)}/${parseWhole(flag, prefix, PREFIXES[version])}`;
}
