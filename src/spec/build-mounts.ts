// The mounts of a box, in the order in which they are made: the fresh ones, the working folder, then what was said.
import { NsboxError } from "#src/error.ts";
import { FRESH_FOLDERS } from "./defaults.ts";
import type { HostFacts } from "./facts.ts";
import type { MountOption, RunOptions } from "./options.ts";
import { isBelow, normalPath } from "./path.ts";
import type { Mount, Namespaces, Root } from "./spec.ts";

export interface MountInput {
  readonly options: RunOptions;
  readonly facts: HostFacts;
  readonly root: Root;
  readonly namespaces: Namespaces;
  readonly proc: "fresh" | "bind" | "none";
}

/** Folders of the host's root that a box does not see: fresh ones and homes. */
export function hiddenFolders(options: RunOptions, facts: Pick<HostFacts, "homes">): readonly string[] {
  const homes = options.home === undefined || options.home === "hide" ? facts.homes : [];
  return [...FRESH_FOLDERS.keys(), ...homes];
}

/** All mounts but /dev, which the plan makes by itself. */
export function buildMounts(input: MountInput): readonly Mount[] {
  const { options, facts, root } = input;
  const mounts = [
    ...kernelMounts(input),
    ...(root.source.kind === "host" ? hostMounts(input) : rootfsMounts(input)),
    ...deviceMounts(input),
    ...networkMounts(input),
  ];
  for (const mount of options.mounts) mounts.push(givenMount(mount, facts));
  return mounts;
}

/** /proc; what must not be made anew is the host's, as far as it is there. */
function kernelMounts({ options, proc, root }: MountInput): readonly Mount[] {
  const mounts: Mount[] = [];
  if (proc === "fresh") mounts.push({ type: "proc", destination: "/proc" });
  else if (proc === "bind" && root.source.kind !== "host") mounts.push(bind("/proc", "/proc", false));
  // Over the host's root too: there its devices are off, as on every mount.
  if (options.dev === "host") mounts.push({ ...bind("/dev", "/dev", false), device: true });
  return mounts;
}

/** /sys, as late as what is given with flags allows: a compiled box's net namespace may be in the making until then. */
function deviceMounts({ namespaces, root }: MountInput): readonly Mount[] {
  // KERNEL: sysfs shows the network namespace of who mounts it, and only its owner may; see sysfs(5).
  if (namespaces.net.kind === "new") return [{ type: "sysfs", destination: "/sys" }];
  return root.source.kind === "host" ? [] : [bind("/sys", "/sys", true)];
}

function bind(source: string, destination: string, readOnly: boolean): Mount & { readonly type: "bind" } {
  return { type: "bind", source, destination, readOnly, device: false };
}

function tmpfs(destination: string, mode: number): Mount {
  return { type: "tmpfs", destination, mode, readOnly: false, sizeBytes: undefined, noexec: false };
}

/** Over the host's root: fresh folders, hidden homes, and the working folder shown where those hide it. */
function hostMounts({ options, facts }: MountInput): readonly Mount[] {
  const mounts: Mount[] = [];
  for (const [path, mode] of FRESH_FOLDERS) if (facts.paths[path] === "dir") mounts.push(tmpfs(path, mode));
  const hidden = hiddenFolders(options, facts);
  for (const home of facts.homes) {
    if (facts.paths[home] !== "dir") continue;
    if (hidden.includes(home)) mounts.push(tmpfs(home, 0o755));
    else if (options.home === "rw") mounts.push(bind(home, home, false));
  }
  // SECURITY: a working folder that is a home, or holds one, would show what is hidden: it stays hidden.
  const { cwd } = facts;
  if (!liesBelowOneOf(hidden, cwd) || hidden.includes(cwd)) return mounts;
  mounts.push(isHome(cwd) || holdsOneOf(hidden, cwd) ? tmpfs(cwd, 0o755) : bind(cwd, cwd, true));
  return mounts;
}

function liesBelowOneOf(folders: Iterable<string>, path: string): boolean {
  for (const folder of folders) if (isBelow(path, folder)) return true;
  return false;
}

function holdsOneOf(folders: readonly string[], path: string): boolean {
  for (const folder of folders) if (isBelow(folder, path)) return true;
  return false;
}

/** Somebody's home, whoever the caller is: a folder right below /home. */
function isHome(path: string): boolean {
  return path.startsWith("/home/") && path.lastIndexOf("/") === "/home".length;
}

const HOSTS = "/etc/hosts";

/** The files that say who is where in the box's network, over the root's own. */
function networkMounts({ facts, root }: MountInput): readonly Mount[] {
  if (facts.network === undefined) return [];
  const { hosts, resolv } = facts.network;
  // In the host's read-only root nothing can be made that isn't there.
  const isThere = (path: string): boolean =>
    root.source.kind !== "host" || facts.paths[path] === "file" || liesBelowOneOf(FRESH_FOLDERS.keys(), path);
  return [
    ...(hosts === undefined || !isThere(HOSTS)
      ? []
      : ["path" in hosts ? bind(hosts.path, HOSTS, true) : ({ type: "file", destination: HOSTS, ...hosts } as const)]),
    ...(resolv !== undefined && isThere(resolv.path)
      ? [{ type: "file", destination: resolv.path, content: resolv.content } as const]
      : []),
  ];
}

/** In a root file system of its own: the files that name hosts. */
function rootfsMounts({ options, facts, root, namespaces }: MountInput): readonly Mount[] {
  if (root.source.kind !== "dir") return [];
  const name = options.hostname ?? options.name ?? "nsbox";
  const hosts = `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\t${name}\n`;
  const mounts: Mount[] = [tmpfs("/tmp", 0o1777)];
  if (namespaces.uts.kind === "new") mounts.push({ type: "file", destination: "/etc/hostname", content: `${name}\n` });
  if (facts.network?.hosts === undefined) mounts.push({ type: "file", destination: HOSTS, content: hosts });
  const resolv = "/etc/resolv.conf";
  if (facts.network?.resolv !== undefined) return mounts;
  if (facts.paths[resolv] === "file") mounts.push(bind(resolv, resolv, true));
  return mounts;
}

function givenMount(mount: MountOption, facts: HostFacts): Mount {
  if (mount.kind !== "bind") {
    const destination = normalPath(mount.destination, "/");
    if (mount.kind !== "tmpfs") return { type: mount.kind, destination };
    return {
      type: "tmpfs",
      destination,
      sizeBytes: mount.sizeBytes,
      mode: mount.mode ?? 0o1777,
      readOnly: mount.readOnly,
      noexec: mount.noexec,
    };
  }
  const source = normalPath(mount.source, facts.cwd);
  if (mount.destination !== undefined && !mount.destination.startsWith("/")) {
    throw new NsboxError(
      "EUSAGE",
      `Cannot use ${mount.flag}: the destination ${JSON.stringify(mount.destination)} is not absolute`,
      {
        hint: "inside the box there is no current folder yet: begin the destination with /",
      },
    );
  }
  const kind = facts.paths[source];
  if (kind === "missing" || kind === "denied") {
    const errno = kind === "missing" ? "ENOENT (No such file or directory)" : "EACCES (Permission denied)";
    throw new NsboxError("ESPEC", `Cannot use ${mount.flag} ${JSON.stringify(mount.source)}: ${errno}`, {
      hint: "give a file or folder of the host that you can reach",
    });
  }
  return bind(source, normalPath(mount.destination ?? source, "/"), mount.readOnly);
}
