// The /dev of a box, as the OCI specification lists it for Linux; and what covers other paths, which uses its null.
import type { HostFacts } from "#src/spec/facts.ts";
import { isWithin } from "#src/spec/path.ts";
import type { HiddenPath, Spec } from "#src/spec/spec.ts";
import type { Parts } from "./parts.ts";
import { firstMasked } from "./plan-fresh.ts";
import type { Step } from "./steps.ts";

/** Devices bound from the host: harmless ones that programs expect. */
const DEVICES = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"] as const;

/** Links in /dev, [path, target]. */
const DEV_LINKS = [
  ["/dev/fd", "/proc/self/fd"],
  ["/dev/stdin", "/proc/self/fd/0"],
  ["/dev/stdout", "/proc/self/fd/1"],
  ["/dev/stderr", "/proc/self/fd/2"],
  ["/dev/ptmx", "pts/ptmx"],
] as const;

/** devpts options, see mount(8): everybody may open a new terminal. */
export const DEVPTS_CONFIG: readonly (readonly [key: string, value: string])[] = [
  ["ptmxmode", "0666"],
  ["mode", "0620"],
];
export const DEVPTS_DATA = "ptmxmode=0666,mode=0620";

const NO_EXEC = { readOnly: false, dev: false, noexec: true };

/** A minimal /dev, in a file system of its own unless there is one already. */
export function planDev(spec: Spec, isThere: boolean): Parts {
  const mkdir = (path: string, mode = 0o755): Step => ({ kind: "mkdir", path, mode });
  const mount = (type: string, destination: string, data: string): Step => ({
    kind: "mount",
    type,
    destination,
    data,
    options: type === "devpts" ? { ...NO_EXEC, dev: true } : NO_EXEC,
  });
  const isHost = spec.root.source.kind === "host";
  // A root folder may hold a link in the place of /dev: there the mount is made detached, and attached unfollowed.
  const dev: Step = {
    kind: "new-filesystem",
    type: "tmpfs",
    tree: "dev",
    config: [["mode", "0755"]],
    options: NO_EXEC,
  };
  const own: readonly Step[] = isHost
    ? [mount("tmpfs", "/dev", "mode=0755")]
    : [mkdir("/dev"), { kind: "attach", tree: "dev", destination: "/dev", ifPresent: false }];
  const sources: Step[] = [];
  const nodes: Step[] = [];
  const links: Step[] = [];
  for (const path of DEVICES) {
    sources.push({ kind: "open-node", source: path, node: path });
    nodes.push({ kind: "touch", path }, { kind: "attach-node", node: path, destination: path, ifPresent: false });
  }
  for (const [path, target] of DEV_LINKS) links.push({ kind: "symlink", path, target });
  return {
    sources: isHost ? sources : [dev, ...sources],
    mounts: [
      ...(isThere ? [] : own),
      ...nodes,
      mkdir("/dev/pts"),
      mount("devpts", "/dev/pts", DEVPTS_DATA),
      // A folder of /dev's own file system: one more would be a hundredth of what a box costs.
      mkdir("/dev/shm", 0o1777),
      // It shows the IPC namespace's queues, and only that namespace's owner may mount it; see mq_overview(7).
      ...(spec.linux.namespaces.ipc.kind === "new" ? [mkdir("/dev/mqueue"), mount("mqueue", "/dev/mqueue", "")] : []),
      ...links,
    ],
  };
}

const NULL_AND_ABOVE: readonly string[] = ["/", "/dev", "/dev/null"];

/**
 * Whether /dev/null is the box's own, which has the attributes that a mask needs.
 *
 * SECURITY: only in the host's read-only root nobody can put a link in the place of /dev meanwhile (CVE-2025-31133).
 */
function hasOwnNull({ root: { source, writes }, box, mounts }: Spec): boolean {
  if (source.kind !== "host" || writes.kind !== "none" || box.dev !== "minimal") return false;
  for (const { destination } of mounts) if (NULL_AND_ABOVE.includes(destination)) return false;
  return true;
}

/** Paths of /proc or /sys that show or change too much: a file reads empty, a folder is empty. */
export function planMasks(spec: Spec, facts: HostFacts, isThere: (path: string) => boolean): Parts {
  const { maskedPaths: paths } = spec.linux;
  const isNullThere = hasOwnNull(spec);
  const sources: Step[] = [];
  const mounts: Step[] = [];
  let first: string | undefined;
  for (const path of paths) {
    const kind = facts.paths[path] ?? "missing";
    if (kind === "missing") continue;
    if (kind === "dir") {
      if (!isThere(path)) mounts.push(maskFolder(path, first));
      first ??= path;
      continue;
    }
    if (isNullThere) {
      mounts.push({ kind: "mount-again", source: "/dev/null", destination: path, ifPresent: true });
      continue;
    }
    const node = `mask of ${path}`;
    sources.push({ kind: "open-node", source: "/dev/null", node });
    mounts.push({ kind: "attach-node", node, destination: path, ifPresent: true });
  }
  return { sources, mounts };
}

/** One empty file system is enough for all of them: making one is a good part of what a box costs. */
function maskFolder(path: string, first: string | undefined): Step {
  if (first !== undefined) return { kind: "mount-again", source: first, destination: path, ifPresent: false };
  return {
    kind: "mount",
    type: "tmpfs",
    destination: path,
    data: "mode=0555",
    options: { ...NO_EXEC, readOnly: true },
  };
}

/** What is hidden: an empty file or folder over it, if it is seen at all. */
export function planHidden(spec: Spec, facts: HostFacts): Parts {
  const sources: Step[] = [];
  const mounts: Step[] = [];
  // Loops here and below: every cold run passes (D-57).
  for (const one of spec.box.hidden) {
    const parts = coverAgain(one, spec, facts) ?? coverAnew(one);
    sources.push(...parts.sources);
    mounts.push(...parts.mounts);
  }
  return { sources, mounts };
}

/** By what covers others already. */
function coverAgain({ path, isFile }: HiddenPath, spec: Spec, facts: HostFacts): Parts | undefined {
  if (!hasOwnNull(spec) || !isInRoot(spec, path)) return undefined;
  const source = isFile ? "/dev/null" : firstMasked(spec, facts);
  if (source === undefined) return undefined;
  return { sources: [], mounts: [{ kind: "mount-again", source, destination: path, ifPresent: true }] };
}

/** SECURITY: elsewhere somebody may put a link in its place, which mount(2) follows and move_mount(2) does not. */
function isInRoot({ mounts }: Spec, path: string): boolean {
  for (const { destination } of mounts) if (isWithin(path, destination)) return false;
  return true;
}

function coverAnew({ path, isFile }: HiddenPath): Parts {
  const tree = `cover of ${path}`;
  if (isFile) {
    return {
      sources: [{ kind: "open-node", source: "/dev/null", node: tree }],
      mounts: [{ kind: "attach-node", node: tree, destination: path, ifPresent: true }],
    };
  }
  const options = { ...NO_EXEC, readOnly: true };
  return {
    sources: [{ kind: "new-filesystem", type: "tmpfs", tree, config: [["mode", "0555"]], options }],
    mounts: [{ kind: "attach", tree, destination: path, ifPresent: true }],
  };
}
