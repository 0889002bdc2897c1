// Sockets of the host through which a box could act outside of itself: which of them its mounts and network show. Pure.
import { isWithin } from "./path.ts";
import type { Mount, Spec } from "./spec.ts";

/** A socket of the host, and what who reaches it can do. */
export interface HostSocket {
  /** A path, or "@name" for one in the abstract namespace, see unix(7). */
  readonly address: string;
  readonly power: string;
}

const DOCKER = "Docker: whoever reaches it is root on this machine";
const KEYS = "it signs with your keys";
const SCREEN = "it reads the screen and types for you";
const SESSION_BUS = "D-Bus: it starts programs as you";

/** Well-known places; links such as /var/run lead to the same sockets and are named as well. */
const FIXED: readonly (readonly [path: string, power: string])[] = [
  ["/run/docker.sock", DOCKER],
  ["/var/run/docker.sock", DOCKER],
  ["/run/podman/podman.sock", "Podman: whoever reaches it is root on this machine"],
  ["/run/containerd/containerd.sock", "containerd: whoever reaches it is root on this machine"],
  ["/run/crio/crio.sock", "CRI-O: whoever reaches it is root on this machine"],
  ["/run/libvirt/libvirt-sock", "libvirt: it starts virtual machines with any disk"],
  ["/run/dbus/system_bus_socket", "D-Bus: it asks the system's services"],
  ["/var/run/dbus/system_bus_socket", "D-Bus: it asks the system's services"],
  ["/run/systemd/private", "systemd: it starts services as root"],
];

/** Names in the user's runtime folder. */
const RUNTIME: readonly (readonly [name: string, power: string])[] = [
  ["bus", SESSION_BUS],
  ["docker.sock", "Docker: it starts containers as you"],
  ["podman/podman.sock", "Podman: it starts containers as you"],
  ["systemd/private", "systemd: it starts programs as you"],
  ["gnupg/S.gpg-agent", KEYS],
  ["gnupg/S.gpg-agent.ssh", KEYS],
  ["keyring/ssh", KEYS],
  ["wayland-0", SCREEN],
  ["pipewire-0", "it records sound and pictures"],
];

/** Everything of the kind that could be there. */
export function knownSockets(env: Readonly<Record<string, string>>): readonly HostSocket[] {
  const found = FIXED.map(([address, power]) => ({ address, power }));
  const runtime = env["XDG_RUNTIME_DIR"];
  if (runtime?.startsWith("/") === true)
    found.push(...RUNTIME.map(([name, power]) => ({ address: `${runtime}/${name}`, power })));
  const agent = env["SSH_AUTH_SOCK"];
  if (agent?.startsWith("/") === true) found.push({ address: agent, power: KEYS });
  // Where it stands elsewhere than in the runtime folder, only the variable says so.
  const bus = /(?:^|;)unix:path=([^,;]+)/.exec(env["DBUS_SESSION_BUS_ADDRESS"] ?? "")?.[1];
  if (bus?.startsWith("/") === true) found.push({ address: bus, power: SESSION_BUS });
  const wayland = env["WAYLAND_DISPLAY"] ?? "";
  if (wayland.startsWith("/")) found.push({ address: wayland, power: SCREEN });
  else if (/^[\w.-]+$/.test(wayland) && runtime?.startsWith("/") === true)
    found.push({ address: `${runtime}/${wayland}`, power: SCREEN });
  const display = /^:(\d+)/.exec(env["DISPLAY"] ?? "")?.[1];
  if (display !== undefined) found.push({ address: `/tmp/.X11-unix/X${display}`, power: SCREEN });
  return found;
}

const ABSTRACT: readonly (readonly [pattern: RegExp, power: string])[] = [
  [/^@\/tmp\/\.X11-unix\//, SCREEN],
  [/^@\/(tmp|run\/user\/\d+)\/dbus-/, SESSION_BUS],
  [/^@\/containerd-shim\//, "containerd: whoever reaches it is root on this machine"],
];

/** Those of the abstract namespace, from the text of /proc/net/unix. */
export function abstractSockets(procNetUnix: string): readonly HostSocket[] {
  const names = new Set(procNetUnix.split("\n").flatMap((line) => / (@.+)$/.exec(line)?.[1] ?? []));
  return [...names].flatMap((address) => {
    const power = ABSTRACT.find(([pattern]) => pattern.test(address))?.[1];
    return power === undefined ? [] : [{ address, power }];
  });
}

/** KERNEL: from this ABI on Landlock keeps abstract sockets of others out of reach, see landlock(7). */
const SCOPE_ABI = 6;

/** Whether the box sees the abstract sockets of the host. */
export function showsAbstractSockets({ linux, box }: Spec, landlockAbi: number): boolean {
  return linux.namespaces.net.kind === "host" && (box.landlock === undefined || landlockAbi < SCOPE_ABI);
}

/** Where in the box a path of the host is seen. */
export function pathsInside(spec: Spec, hostPath: string): readonly string[] {
  if (spec.linux.namespaces.mnt.kind !== "new") return [hostPath];
  const { source } = spec.root;
  const seen: { readonly path: string; readonly index: number }[] = [];
  const show = (shown: string, at: string, index: number): void => {
    if (!isWithin(hostPath, shown)) return;
    const rest = shown === "/" ? hostPath : hostPath.slice(shown.length);
    seen.push({ path: at === "/" ? rest : at + rest, index });
  };
  if (source.kind === "host") show("/", "/", -1);
  else if (source.kind === "dir") show(source.path, "/", -1);
  for (const [index, mount] of spec.mounts.entries())
    if (mount.type === "bind") show(mount.source, mount.destination, index);
  const isHidden = (path: string): boolean => spec.box.hidden.some((one) => isWithin(path, one.path));
  return seen.flatMap(({ path, index }) => (isCovered(spec.mounts, path, index) || isHidden(path) ? [] : [path]));
}

function isCovered(mounts: readonly Mount[], path: string, since: number): boolean {
  return mounts.some(({ destination }, index) => index > since && isWithin(path, destination));
}

/** One line for each socket that the box can reach. */
export function exposureWarning({ address, power }: HostSocket, inside: string): string {
  const where = inside === address ? address : `${address}, as ${inside}`;
  const remedy = address.startsWith("@") ? "leave out --net host or --no-landlock" : `--hide ${inside} keeps it out`;
  return `nsbox: warning: the box can reach ${where} (${power}); ${remedy}\n`;
}
