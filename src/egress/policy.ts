// What the proxy lets through: the name first, then each address that it has. Pure.
import { normalName } from "#src/spec/grammar/parse-host-pattern.ts";
import type { Egress, HostPattern, Ports } from "#src/spec/egress.ts";
import { isInNetwork, normalAddress, specialPurpose } from "./addresses.ts";

/** Where a box wants to go. */
export interface Target {
  /** As the box wrote it. */
  readonly host: string;
  readonly port: number;
}

export type Verdict =
  | { readonly verdict: "allowed" }
  | { readonly verdict: "refused"; /** One clause, for the log and the box. */ readonly reason: string };

const ALLOWED: Verdict = { verdict: "allowed" };
const WEB_PORTS: readonly number[] = [80, 443];

function refused(reason: string): Verdict {
  return { verdict: "refused", reason };
}

function coversPort(ports: Ports, port: number): boolean {
  return ports === "any" || (ports === "web" ? WEB_PORTS.includes(port) : ports === port);
}

function coversName(pattern: HostPattern, name: string): boolean {
  if (pattern.kind === "any") return true;
  if (pattern.kind === "address") return false;
  return pattern.below ? name.endsWith(`.${pattern.name}`) : name === pattern.name;
}

function coversAddress(pattern: HostPattern, address: string): boolean {
  return pattern.kind === "address" && isInNetwork(address, normalAddress(pattern.address) ?? "", bitsOf(pattern));
}

/** A mapped IPv4 network is compared as IPv4, so its prefix is shorter by what has been cut off. */
function bitsOf({ address, bits }: HostPattern & { readonly kind: "address" }): number {
  return address.includes(":") && normalAddress(address)?.includes(":") === false ? Math.max(0, bits - 96) : bits;
}

/** Whether this host may be looked up and gone to at all. */
export function judgeTarget(egress: Egress, { host, port }: Target): Verdict {
  const address = normalAddress(host);
  if (address !== undefined) return judgeAddress(egress, { host, port }, address);
  const name = normalName(host);
  if (name === undefined) return refused("it is neither a host's name nor an address");
  const covers = (pattern: HostPattern): boolean => coversName(pattern, name) && coversPort(pattern.ports, port);
  if (egress.deny.some(covers)) return refused("it is on the list of --deny-host");
  if (egress.allow.some(covers)) return ALLOWED;
  const otherPort = egress.allow.some((pattern) => coversName(pattern, name));
  return refused(`it is not on the list of --allow-host${otherPort ? " with this port" : ""}`);
}

/**
 * Whether this address of the host may be connected to.
 *
 * SECURITY: a name that its owner lets point to a private address must not lead there (DNS rebinding).
 */
export function judgeAddress(egress: Egress, { host, port }: Target, resolved: string): Verdict {
  const address = normalAddress(resolved);
  if (address === undefined) return refused(`${resolved} is not an address`);
  const covers = (pattern: HostPattern): boolean => coversAddress(pattern, address) && coversPort(pattern.ports, port);
  if (egress.deny.some(covers)) return refused(`${address} is on the list of --deny-host`);
  if (egress.allow.some(covers)) return ALLOWED;
  const special = specialPurpose(address);
  // RFC 6761: localhost is always loopback, so who lists it means just that.
  if (special === "loopback" && isLocalhost(host)) return ALLOWED;
  if (special !== undefined) return refused(`${address} is ${special}, and not itself on the list of --allow-host`);
  if (normalAddress(host) === undefined) return ALLOWED;
  const any = egress.allow.some((pattern) => pattern.kind === "any" && coversPort(pattern.ports, port));
  return any && !isDeniedAny(egress, port) ? ALLOWED : refused("it is not on the list of --allow-host");
}

/**
 * Whether a box that was let through to a host may speak to it as to the one that its TLS names.
 *
 * SECURITY: many hosts share a server, which looks at that name alone (domain fronting). An address that is itself on the
 * list is trusted with any name that is not denied.
 */
export function judgeServerName(egress: Egress, { host, port }: Target, name: string): Verdict {
  const given = normalName(name);
  if (given !== undefined && given === normalName(host)) return ALLOWED;
  if (normalAddress(name) !== undefined && normalAddress(name) === normalAddress(host)) return ALLOWED;
  const verdict = judgeTarget(egress, { host: name, port });
  if (verdict.verdict === "allowed") return ALLOWED;
  const isListedAddress = normalAddress(host) !== undefined && given !== undefined;
  const isDenied =
    given !== undefined && egress.deny.some((one) => coversName(one, given) && coversPort(one.ports, port));
  if (isListedAddress && !isDenied) return ALLOWED;
  return refused(`its TLS is for ${JSON.stringify(name).slice(1, -1)}, of which that holds: ${verdict.reason}`);
}

function isDeniedAny(egress: Egress, port: number): boolean {
  return egress.deny.some((pattern) => pattern.kind === "any" && coversPort(pattern.ports, port));
}

function isLocalhost(host: string): boolean {
  const name = normalName(host);
  return name !== undefined && (name === "localhost" || name.endsWith(".localhost"));
}
