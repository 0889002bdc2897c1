// Networks and leases in the state folder. Whoever changes anything holds the lock.
//
//   net/.lock
//   net/NAME/network.json    NetworkRecord
//   net/NAME/leases/DEVICE   LeaseRecord, named after the box's device on the host
//   net/NAME/hosts/DEVICE    what that box sees as /etc/hosts
//
// No two boxes ever share such a name: who removes a box's files by their paths, late, removes no other's.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { closeFile, openFile } from "#ffi/libc/fd.ts";
import { syscall } from "#ffi/libc/syscall.ts";
import { O } from "#ffi/uapi/fcntl.ts";
import { lockFile, readRecord, writeRecord } from "#src/state/state-files.ts";
import { findStateFolder, openStateFolder } from "#src/state/state-folder.ts";
import { type LeaseRecord, parseLease } from "./lease-record.ts";
import { type NetworkRecord, parseNetworkRecord, VETH_PREFIX } from "./network-record.ts";

const PART = "net";
const FOLDER_MODE = 0o700;
/** The box's users read it, whoever they are outside. */
const HOSTS_MODE = 0o644;

/** The networks of this caller; the lock is held until it is disposed of. */
export class NetworkStore implements Disposable {
  readonly #folder: string;
  readonly #lock: Disposable;

  /** Throws NsboxError. */
  constructor() {
    this.#folder = openStateFolder(PART);
    this.#lock = lockFile(`${this.#folder}/.lock`);
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }

  networks(): readonly NetworkRecord[] {
    return networksIn(this.#folder);
  }

  find(name: string): NetworkRecord | undefined {
    return parseNetworkRecord(readRecord(`${this.#folder}/${name}/network.json`));
  }

  save(network: NetworkRecord): void {
    for (const part of ["", "/leases", "/hosts"])
      mkdirSync(`${this.#folder}/${network.name}${part}`, { recursive: true, mode: FOLDER_MODE });
    writeRecord(`${this.#folder}/${network.name}/network.json`, network);
  }

  remove({ name }: NetworkRecord): void {
    rmSync(`${this.#folder}/${name}`, { recursive: true, force: true });
  }

  /** Every lease that there is a file for, believed or not. */
  leases({ name }: NetworkRecord): readonly LeaseRecord[] {
    return leasesIn(this.#folder, name);
  }

  leasePath({ name }: NetworkRecord, { veth }: Pick<LeaseRecord, "veth">): string {
    return `${this.#folder}/${name}/leases/${veth}`;
  }

  hostsPath({ name }: NetworkRecord, { veth }: Pick<LeaseRecord, "veth">): string {
    return `${this.#folder}/${name}/hosts/${veth}`;
  }

  saveLease(network: NetworkRecord, lease: LeaseRecord): void {
    writeRecord(this.leasePath(network, lease), lease);
  }

  removeLease(network: NetworkRecord, lease: LeaseRecord): void {
    rmSync(this.leasePath(network, lease), { force: true });
    if (lease.hosts === this.hostsPath(network, lease)) rmSync(lease.hosts, { force: true });
  }
}

/** The networks without the lock: for those who only look. */
export function listNetworks(): readonly {
  readonly network: NetworkRecord;
  readonly leases: readonly LeaseRecord[];
}[] {
  const folder = findStateFolder(PART);
  if (folder === undefined) return [];
  return networksIn(folder).map((network) => ({ network, leases: leasesIn(folder, network.name) }));
}

function networksIn(folder: string): readonly NetworkRecord[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => parseNetworkRecord(readRecord(`${folder}/${name}/network.json`)) ?? []);
}

function leasesIn(folder: string, network: string): readonly LeaseRecord[] {
  const leases = `${folder}/${network}/leases`;
  if (!existsSync(leases)) return [];
  // A name with a dot in it is a file that is just being written.
  const names = readdirSync(leases).filter((name) => name.startsWith(VETH_PREFIX) && !name.includes("."));
  return names.flatMap((name) => parseLease(readRecord(`${leases}/${name}`)) ?? []);
}

/**
 * Writes a file that boxes have as /etc/hosts.
 *
 * In place, as a bind mount shows the very file and not its name; longer first, so that nobody finds it empty.
 */
export function writeHosts(path: string, text: string): void {
  if (!existsSync(path)) {
    writeFileSync(path, text, { mode: HOSTS_MODE });
    return;
  }
  const bytes = new TextEncoder().encode(text);
  const fd = openFile(path, O.WRONLY);
  try {
    syscall(path, "pwrite64", fd, bytes, bytes.length, 0);
    syscall(path, "ftruncate", fd, bytes.length);
  } finally {
    closeFile(fd);
  }
}
