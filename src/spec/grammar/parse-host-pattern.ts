// "packages.example.com,*.example.org:443,10.0.0.0/8:*,[::1]:8080" → patterns of hosts.
import { formatIp, parseIp } from "#ffi/uapi/inet.ts";
import type { HostPattern, Ports } from "../egress.ts";
import { usageError } from "./usage-error.ts";

const HINT =
  "write a name, *.name, an address or a network, each with :PORT or :* if it is not the web's: *.example.org:443";

/** One or more patterns, with commas between them. */
export function parseHostPatterns(flag: string, text: string): readonly HostPattern[] {
  return text.split(",").map((part) => parseHostPattern(flag, part.trim()));
}

function parseHostPattern(flag: string, text: string): HostPattern {
  const { host, port } = splitPort(text);
  const ports = parsePorts(port);
  if (ports === undefined) throw usageError(flag, text, `${JSON.stringify(port)} is not a port`, HINT);
  if (host === "*") return { kind: "any", ports };
  const address = parseNetwork(host);
  if (address !== undefined) return { kind: "address", ...address, ports };
  const below = host.startsWith("*.");
  const name = normalName(below ? host.slice(2) : host);
  if (name !== undefined) return { kind: "name", name, below, ports };
  throw usageError(flag, text, "it is not the name or address of a host", HINT);
}

/** "[::1]:80" and "::1" have colons of their own. */
function splitPort(text: string): { readonly host: string; readonly port: string | undefined } {
  const bracketed = /^\[([^\]]*)\](\/\d+)?(?::(.*))?$/s.exec(text);
  if (bracketed !== null) return { host: `${bracketed[1] ?? ""}${bracketed[2] ?? ""}`, port: bracketed[3] };
  const colon = text.indexOf(":");
  if (colon === -1 || colon !== text.lastIndexOf(":")) return { host: text, port: undefined };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

function parsePorts(text: string | undefined): Ports | undefined {
  if (text === undefined) return "web";
  if (text === "*") return "any";
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}

function parseNetwork(text: string): { readonly address: string; readonly bits: number } | undefined {
  const [ip = "", length, ...rest] = text.split("/");
  const bytes = parseIp(ip);
  if (bytes === undefined || rest.length > 0) return undefined;
  const most = bytes.length * 8;
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : most + 1;
  return bits > most ? undefined : { address: formatIp(bytes), bits };
}

const NAME_MAX = 253;

/** A host's name in small letters, without the last dot; undefined of what isn't one. See RFC 1123. */
export function normalName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, "");
  const isName = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(name);
  // "127.1" and "2130706433" are names by their letters, and addresses to some resolvers.
  return isName && name.length <= NAME_MAX && !/^(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+))*$/.test(name)
    ? name
    : undefined;
}
