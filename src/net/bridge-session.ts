// A box on bridges, from its addresses to its end.
import { rmSync } from "node:fs";
import type { ErrnoName } from "#ffi/uapi/errno.ts";
import { parseMac } from "#ffi/uapi/inet.ts";
import { addVeth } from "#ffi/uapi/rtnetlink-requests.ts";
import { assert } from "#src/error.ts";
import type { BoxInterface, BoxNetwork, Farewell } from "#src/spec/network.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { identify } from "#src/state/process-life.ts";
import { writeRecord } from "#src/state/state-files.ts";
import { buildResolv } from "./box-files.ts";
import type { Undo } from "./firewall.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { Netlink } from "./netlink.ts";
import type { NetworkRecord, SubnetRecord } from "./network-record.ts";
import type { NetworkSession } from "./network-session.ts";
import { NetworkStore } from "./network-store.ts";
import type { HeldPorts } from "./published-ports.ts";
import { refreshHosts } from "./box-hosts.ts";

/** The box's place in one network. */
export interface BridgeMember {
  readonly network: NetworkRecord;
  readonly lease: LeaseRecord;
  readonly leasePath: string;
  /** Indices of the bridge and of the box's end on the host. */
  readonly bridge: number;
  readonly hostIndex: number;
}

/** Indices of a box's devices: above those that a new namespace may have by itself. */
const FIRST_INDEX = 100;

/** The device that a member is inside; `n` counts the box's devices. Only the first has the default routes. */
export function memberInterface({ network, lease, hostIndex }: BridgeMember, n: number, mtu?: number): BoxInterface {
  const { ip4, ip6, bridge, internal } = network;
  const within = ({ subnet }: SubnetRecord, address: string): string => `${address}/${subnet.split("/")[1]}`;
  return {
    name: `eth${n}`,
    index: FIRST_INDEX + n,
    making: { kind: "veth", host: lease.veth, hostIndex, bridge },
    mac: lease.mac,
    mtu: mtu ?? network.mtu,
    addresses: [
      within(ip4, lease.ip4),
      ...(ip6 === undefined || lease.ip6 === undefined ? [] : [within(ip6, lease.ip6)]),
    ],
    gateways: n > 0 || internal ? [] : [ip4.gateway, ...(ip6 === undefined ? [] : [ip6.gateway])],
  };
}

export interface BridgeParts {
  readonly members: readonly BridgeMember[];
  readonly options: RunOptions;
  readonly held: HeldPorts;
  /** Takes the rules of published ports back. */
  readonly undo: readonly Undo[];
}

export class BridgeSession implements NetworkSession {
  readonly network: BoxNetwork;
  readonly #members: readonly BridgeMember[];
  readonly #undo: readonly Undo[];
  readonly #held: HeldPorts;

  constructor({ members, options, held, undo }: BridgeParts) {
    this.#members = members;
    this.#undo = undo;
    this.#held = held;
    const hosts = members[0]?.lease.hosts;
    const rootIsHost = (options.root?.kind ?? "host") === "host";
    this.network = {
      interfaces: members.map((member, n) => memberInterface(member, n, n === 0 ? options.network.mtu : undefined)),
      helper: undefined,
      hosts: hosts === undefined ? undefined : { path: hosts },
      resolv: buildResolv(options.network, rootIsHost),
    };
  }

  makeLink(link: BoxInterface, pid: number): void {
    const { making } = link;
    const member = this.#members.find(({ lease }) => making.kind === "veth" && lease.veth === making.host);
    assert(member !== undefined, `${link.name} is one of the box's devices`);
    makeVeth(link, member, pid);
    writeRecord(member.leasePath, { ...member.lease, box: identify(pid) });
  }

  startHelper(): void {
    assert(false, "a box on a bridge has no helper");
  }

  get holds(): readonly number[] {
    return this.#held.fds;
  }

  farewell(): Farewell {
    // The lease of a box with a name stays, and goes with the name: else a neighbour that still knows that could be led
    // to the next box with the address.
    const files = this.#members.flatMap(({ lease, leasePath }) => [
      ...(lease.name === undefined ? [leasePath] : []),
      ...(lease.hosts === undefined ? [] : [lease.hosts]),
    ]);
    return { processes: [], files: [...new Set(files)], commands: this.#undo };
  }

  release(): void {
    const { files, commands } = this.farewell();
    for (const command of commands)
      Bun.spawnSync([...command], { stdio: ["ignore", "ignore", "ignore"], env: process.env });
    for (const file of files) rmSync(file, { force: true });
    this.#held.release();
    const named = this.#members.filter(({ lease }) => lease.name !== undefined);
    if (named.length === 0) return;
    using store = new NetworkStore();
    for (const { network, lease } of named) store.removeLease(network, lease);
    refreshHosts(
      store,
      named.map(({ network }) => network.name),
    );
  }
}

/** Makes the pair; false if it failed with one of the errnos named. One end a port of the bridge, the other in the network namespace of this process. */
export function makeVeth(
  link: BoxInterface,
  { lease, bridge, hostIndex }: BridgeMember,
  pid: number,
  ...tolerated: readonly ErrnoName[]
): boolean {
  using netlink = new Netlink();
  const { name, index, mtu } = link;
  return netlink.request(
    `make ${name} in the box`,
    addVeth(
      { name: lease.veth, index: hostIndex, mtu, master: bridge, up: true },
      { name, index, mtu, mac: parseMac(lease.mac), netnsPid: pid },
    ),
    ...tolerated,
  );
}
