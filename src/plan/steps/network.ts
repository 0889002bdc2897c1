// Steps that give a box its network. The launcher makes a device in the box's namespace; the box itself, which alone
// can, gives it addresses: netlink messages that are known beforehand, sent from the tape. D-19.
import { parseIp } from "#ffi/uapi/inet.ts";
import { NETLINK, NLMSGERR_ERROR_OFFSET, type NetlinkRequest, packRequest } from "#ffi/uapi/netlink.ts";
import { addAddress, addRoute, setLinkUp } from "#ffi/uapi/rtnetlink-requests.ts";
import { AF, SOCK } from "#ffi/uapi/socket.ts";
import { type Call, call, fd, memory } from "#ffi/tape/call.ts";
import { assert } from "#src/error.ts";
import type { BoxInterface } from "#src/spec/network.ts";
import type { StepKind } from "../step.ts";

/** Launcher: make a device in the box's network namespace. */
export interface MakeLinkStep {
  readonly kind: "make-link";
  readonly link: BoxInterface;
}

/** Launcher: start the program that is the box's network, and wait until it is ready. */
export interface StartNetworkStep {
  readonly kind: "start-network";
  readonly command: readonly string[];
}

export function explainMakeLink({ link: { name, making } }: MakeLinkStep): string {
  if (making.kind !== "veth") return `make ${name} in the box, a ${making.kind} on ${making.parent}`;
  return `make ${name} in the box, whose other end ${making.host} is a port of the bridge ${making.bridge}`;
}

/** Open the box's own netlink socket. */
export interface OpenNetlinkStep {
  readonly kind: "open-netlink";
}

const SOCKET = "netlink";

export const openNetlinkStep: StepKind<OpenNetlinkStep> = {
  phase: "network",
  explain: () => "open a netlink socket",
  lower: () => [call("socket", [AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, NETLINK.ROUTE], { as: SOCKET })],
};

/** Set a device up. */
export interface LinkUpStep {
  readonly kind: "link-up";
  readonly name: string;
  readonly index: number;
}

export const linkUpStep: StepKind<LinkUpStep> = {
  phase: "network",
  explain: ({ name }) => `set ${name} up`,
  lower: ({ index }) => requestCalls(setLinkUp(index)),
};

/** Give a device an address. */
export interface AddressStep {
  readonly kind: "address";
  readonly name: string;
  readonly index: number;
  /** ADDRESS/PREFIX. */
  readonly address: string;
}

export const addressStep: StepKind<AddressStep> = {
  phase: "network",
  explain: ({ name, address }) => `give ${name} the address ${address}`,
  lower: ({ index, address: text }) => {
    const [ip = "", prefix = ""] = text.split("/");
    return requestCalls(addAddress(index, { address: bytesOf(ip), prefix: Number(prefix) }));
  },
};

/** Add a default route. */
export interface RouteStep {
  readonly kind: "route";
  readonly name: string;
  readonly index: number;
  readonly gateway: string;
}

export const routeStep: StepKind<RouteStep> = {
  phase: "network",
  explain: ({ name, gateway }) => `send what goes elsewhere through ${gateway} on ${name}`,
  lower: ({ index, gateway }) => requestCalls(addRoute({ gateway: bytesOf(gateway), index })),
};

function bytesOf(ip: string): Uint8Array {
  const bytes = parseIp(ip);
  assert(bytes !== undefined, `"${ip}" is an address`);
  return bytes;
}

const ANSWER_BYTES = 512;
const HIGH = 0x1_0000_0000;

/** Sends it, takes the answer, and fails with the errno in it. */
function requestCalls(request: NetlinkRequest): readonly Call[] {
  const bytes = packRequest(request, 0);
  const answer = (at: number) => memory("netlink answer", ANSWER_BYTES, at);
  return [
    call("sendto", [fd(SOCKET), bytes, bytes.length, 0, 0, 0]),
    call("recvfrom", [fd(SOCKET), answer(0), ANSWER_BYTES, 0, 0, 0]),
    // The word is 0 or -errno in 32 bits: less 2^32 an errno is one in 64 bits too, and fails the call.
    call("load", [answer(NLMSGERR_ERROR_OFFSET), -HIGH], { cases: [{ equals: -HIGH, then: "next" }] }),
  ];
}

/** Everything that the box does for its devices, once they are there. */
export function planInterfaces(interfaces: readonly BoxInterface[]): readonly NetworkStep[] {
  if (interfaces.length === 0) return [];
  const steps = interfaces.flatMap(({ name, index, addresses, gateways }): readonly NetworkStep[] => [
    { kind: "link-up", name, index },
    ...addresses.map((address) => ({ kind: "address", name, index, address }) as const),
    ...gateways.map((gateway) => ({ kind: "route", name, index, gateway }) as const),
  ]);
  return [{ kind: "open-netlink" }, ...steps];
}

export type NetworkStep = OpenNetlinkStep | LinkUpStep | AddressStep | RouteStep;
