// Leases of boxes that have just ended: the kernel takes a namespace apart at its leisure, and until then its device is
// there. Who starts a box again at once, with the same port or address, is not to be told that it is in use.
import { parseLink } from "#ffi/uapi/rtnetlink-answers.ts";
import { getLink } from "#ffi/uapi/rtnetlink-requests.ts";
import type { PublishedPort } from "#src/spec/network.ts";
import { isRunning } from "#src/state/process-life.ts";
import { type LeaseRecord, portsClash } from "./lease-record.ts";
import type { Netlink } from "./netlink.ts";

const PATIENCE_MS = 2000;
const STEP_MS = 5;

/** What the next box asks for. */
export interface Claim {
  readonly ip: string | undefined;
  readonly ip6: string | undefined;
  readonly publish: readonly PublishedPort[];
}

function isInTheWay({ ip4, ip6, publish }: LeaseRecord, claim: Claim): boolean {
  if (ip4 === claim.ip || (ip6 !== undefined && ip6 === claim.ip6)) return true;
  return publish.some((port) => claim.publish.some((other) => portsClash(port, other)));
}

/** Its first process is gone. Others may be in its namespace, and then it lives on. */
function hasLostProcess({ box }: LeaseRecord): boolean {
  return box !== undefined && !isRunning(box);
}

/** What it publishes: rules go with the box's first process, though others may keep its address. */
export function publishedNow(lease: LeaseRecord): readonly PublishedPort[] {
  return hasLostProcess(lease) ? [] : lease.publish;
}

/** Waits, as long as it is worth it, for devices of boxes that have ended and had what is asked for. */
export function waitForDying(leases: readonly LeaseRecord[], claim: Claim, netlink: Netlink): void {
  const isThere = ({ veth }: LeaseRecord): boolean =>
    netlink.find("look for a device", getLink(veth), parseLink, "ENODEV") !== undefined;
  const dying = leases.filter((lease) => isInTheWay(lease, claim) && hasLostProcess(lease));
  waitUntil(() => !dying.some(isThere));
}

/** Tries until it is true, or it has taken too long. */
export function waitUntil(condition: () => boolean, patienceMs: number = PATIENCE_MS): boolean {
  const end = performance.now() + patienceMs;
  for (;;) {
    if (condition()) return true;
    if (performance.now() > end) return false;
    Bun.sleepSync(STEP_MS);
  }
}
