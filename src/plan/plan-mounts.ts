// Spec → the steps that build the box's file system: take sources, change root, attach.
import { NsboxError } from "#src/error.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { isBelow, parentPaths } from "#src/spec/path.ts";
import type { Mount, Spec } from "#src/spec/spec.ts";
import { mapsInside, mapsOutside } from "./id-maps.ts";
import type { Parts } from "./parts.ts";
import { DEVPTS_CONFIG, DEVPTS_DATA, planDev, planHidden, planMasks } from "./plan-dev.ts";
import { isHostRoot, planFresh } from "./plan-fresh.ts";
import { overlaidEntries, overlayStep, planHostOverlay } from "./plan-overlay.ts";
import type { MountOptions } from "./steps/mounts.ts";
import type { Step } from "./steps.ts";

const PLAIN: MountOptions = { readOnly: false, dev: false, noexec: false };

/** The steps from the host's file system to the box's. */
export function planMounts(spec: Spec, facts: HostFacts): readonly Step[] {
  const own = hostRoot(spec);
  const root = own === undefined ? planRoot(spec, facts) : { sources: [], mounts: [] };
  const sources: Step[] = [...root.sources];
  const mounts: Step[] = [...root.mounts];
  const add = (part: Parts): void => {
    sources.push(...part.sources);
    mounts.push(...part.mounts);
  };
  if (hasFiles(spec)) sources.push(...stage("files"));
  const fresh = planFresh(spec, facts);
  const device = spec.box.dev === "minimal" ? planDev(spec, fresh.has("/dev")) : { sources: [], mounts: [] };
  if (!fresh.has("/dev")) mounts.push(...device.mounts);
  let index = 0;
  for (const mount of spec.mounts) {
    if (index === fresh.at) mounts.push(fresh.step, ...(fresh.has("/dev") ? device.mounts : []));
    if (!fresh.mounts.includes(mount)) add(planMount({ spec, facts, mount, index }));
    index++;
  }
  sources.push(...device.sources);
  add(planMasks(spec, facts, fresh.has));
  for (const path of spec.linux.readonlyPaths)
    if (facts.paths[path] !== "missing") mounts.push({ kind: "read-only-path", path });
  for (const one of spec.box.protected) mounts.push({ kind: "protect", ...one });
  add(planHidden(spec, facts));
  if (isRootSealedLate(spec)) mounts.push({ kind: "read-only-root" });
  return [{ kind: "private-mounts" }, ...sources, own ?? pivot(spec, sources), ...mounts];
}

/** The host's root needs no other in its place, unless something is staged over it, which only pivot_root gets rid of. */
function hostRoot({ root: { source, writes }, mounts, linux }: Spec): Step | undefined {
  if (source.kind !== "host" || (writes.kind !== "none" && writes.kind !== "through")) return undefined;
  // SECURITY: a caller in a chroot would stay in that alone, which CAP_SYS_CHROOT gets out of.
  if (mayBeInChroot(linux)) return undefined;
  if (hasFiles({ mounts })) return undefined;
  return { kind: "host-root", options: { ...PLAIN, readOnly: writes.kind === "none" } };
}

/** Small files of the box's own, which are staged. */
function hasFiles({ mounts }: Pick<Spec, "mounts">): boolean {
  for (const mount of mounts) if (mount.type === "file") return true;
  return false;
}

function pivot({ linux }: Spec, sources: readonly Step[]): Step {
  let staged = 0;
  for (const step of sources) if (step.kind === "stage") staged++;
  return { kind: "pivot", tree: "root", staged, leaveChroot: mayBeInChroot(linux) };
}

/** KERNEL: who is in a chroot can't make a user namespace, see user_namespaces(7). */
function mayBeInChroot({ namespaces }: Spec["linux"]): boolean {
  return namespaces.user.kind !== "new";
}

/** Mount points may have to be made in the root before it becomes read-only. */
function isRootSealedLate(spec: Spec): boolean {
  return spec.root.source.kind === "dir" && spec.root.writes.kind === "none";
}

function stage(tree: string, folders: readonly string[] = []): readonly Step[] {
  return [
    { kind: "new-filesystem", type: "tmpfs", tree, config: [["mode", "0755"]], options: PLAIN },
    { kind: "stage", tree, folders },
  ];
}

/**
 * Whether the root folder belongs to ids as the box numbers them, and not as its map has them on the host.
 *
 * Only where nothing is written to it: what a box makes would belong to those ids on the host too.
 */
export function isRootIdmapped({ root, linux }: Spec, { uid, rootOwner }: HostFacts): boolean {
  if (root.source.kind !== "dir" || root.writes.kind !== "none" || uid !== 0 || rootOwner === undefined) return false;
  const { uidMappings, namespaces } = linux;
  return namespaces.user.kind === "new" && !mapsOutside(uidMappings, rootOwner) && mapsInside(uidMappings, rootOwner);
}

function planRoot(spec: Spec, facts: HostFacts): Parts {
  const { source, writes } = spec.root;
  if (source.kind === "empty") {
    const root: Step = {
      kind: "new-filesystem",
      type: "tmpfs",
      tree: "root",
      config: [["mode", "0755"]],
      options: PLAIN,
    };
    return { sources: [root], mounts: [] };
  }
  const lower = source.kind === "host" ? "/" : source.path;
  if (isRootIdmapped(spec, facts))
    return { sources: [{ kind: "receive-tree", source: lower, tree: "root" }], mounts: [] };
  if (writes.kind === "none" || writes.kind === "through") {
    const readOnly = writes.kind === "none" && source.kind === "host";
    return {
      sources: [{ kind: "open-tree", source: lower, tree: "root", options: { ...PLAIN, readOnly } }],
      mounts: [],
    };
  }
  const userxattr = spec.linux.namespaces.user.kind !== "host" || facts.uid !== 0;
  const layers = { at: writes.kind === "keep" ? `${writes.dir}/` : "", userxattr };
  const folders = ["upper", "work"].flatMap((name) => [
    name,
    ...(source.kind === "host" ? overlaidEntries(facts).map((entry) => `${name}/${entry}`) : []),
  ]);
  const made: readonly Step[] =
    writes.kind === "keep"
      ? folders.map((name): Step => ({ kind: "mkdir", path: layers.at + name, mode: 0o755 }))
      : stage("writes", folders);
  if (source.kind === "dir") return { sources: [...made, overlayStep("root", lower, "", layers)], mounts: [] };
  const overlay = planHostOverlay(facts, layers);
  return { sources: [...made, ...overlay.sources], mounts: overlay.mounts };
}

interface MountContext {
  readonly spec: Spec;
  readonly facts: HostFacts;
  readonly mount: Mount;
  readonly index: number;
}

function planMount(context: MountContext): Parts {
  const { mount } = context;
  if (isPlain(context)) return { sources: [], mounts: [...mountPoint(context, false), plainMount(mount)] };
  const isFile = mount.type === "file" || (mount.type === "bind" && isFileSource(mount.source, context.facts));
  return { sources: [sourceStep(context)], mounts: [...mountPoint(context, isFile), attach(treeOf(context), mount)] };
}

/** A new file system in the host's own root, where no other box can have put a link in the way. */
function isPlain({ spec, mount }: MountContext): boolean {
  return mount.type !== "bind" && mount.type !== "file" && isHostRoot(spec);
}

function plainMount(mount: Mount): Step {
  const { destination, type } = mount;
  if (mount.type === "tmpfs") {
    const size = mount.sizeBytes === undefined ? "" : `,size=${mount.sizeBytes}`;
    const data = `mode=${mount.mode.toString(8).padStart(4, "0")}${size}`;
    return {
      kind: "mount",
      type,
      destination,
      data,
      options: { readOnly: mount.readOnly, dev: false, noexec: mount.noexec },
    };
  }
  const options = { readOnly: mount.type === "sysfs", dev: mount.type === "devpts", noexec: true };
  return { kind: "mount", type, destination, data: mount.type === "devpts" ? DEVPTS_DATA : "", options };
}

function attach(tree: string, mount: { readonly destination: string }): Step {
  return { kind: "attach", tree, destination: mount.destination, ifPresent: false };
}

function treeOf({ mount, index }: MountContext): string {
  return mount.type === "bind" ? `${mount.source} (${index})` : `${mount.type} (${index})`;
}

function isFileSource(source: string, facts: HostFacts): boolean {
  const kind = facts.paths[source];
  return kind === "file" || kind === "device";
}

function sourceStep(context: MountContext): Step {
  const { mount } = context;
  const tree = treeOf(context);
  switch (mount.type) {
    case "bind": {
      const options = { readOnly: mount.readOnly, dev: mount.device, noexec: false };
      return { kind: "open-tree", source: mount.source, tree, options };
    }
    case "tmpfs": {
      const config: (readonly [string, string])[] = [["mode", mount.mode.toString(8).padStart(4, "0")]];
      if (mount.sizeBytes !== undefined) config.push(["size", String(mount.sizeBytes)]);
      const options = { readOnly: mount.readOnly, dev: false, noexec: mount.noexec };
      return { kind: "new-filesystem", type: "tmpfs", tree, config, options };
    }
    case "proc":
    case "mqueue":
      return { kind: "new-filesystem", type: mount.type, tree, config: [], options: { ...PLAIN, noexec: true } };
    case "sysfs":
      return {
        kind: "new-filesystem",
        type: "sysfs",
        tree,
        config: [],
        options: { readOnly: true, dev: false, noexec: true },
      };
    case "devpts": {
      const options = { readOnly: false, dev: true, noexec: true };
      return { kind: "new-filesystem", type: "devpts", tree, config: DEVPTS_CONFIG, options };
    }
    case "file":
      return {
        kind: "file",
        tree: "files",
        name: mount.destination.slice(1).replaceAll("/", "-"),
        content: mount.content,
        as: tree,
      };
  }
}

/** Steps that make a missing mount point; an error where nothing can be made. */
function mountPoint(context: MountContext, isFile: boolean): readonly Step[] {
  const { spec, facts, mount, index } = context;
  const { destination } = mount;
  const cover = coveringTmpfs(spec, index, destination);
  if (isHostRoot(spec) && cover === undefined) {
    if (facts.paths[destination] !== "missing") return [];
    throw new NsboxError("ESPEC", `Cannot mount on ${JSON.stringify(destination)}: it does not exist on the host`, {
      hint: "choose a destination below /tmp, or use --overlay, which can make folders anywhere",
    });
  }
  if (destination === "/") return [];
  const steps: Step[] = [];
  for (const path of parentPaths(destination))
    if (cover === undefined || isBelow(path, cover)) steps.push({ kind: "mkdir", path, mode: 0o755 });
  steps.push(isFile ? { kind: "touch", path: destination } : { kind: "mkdir", path: destination, mode: 0o755 });
  return steps;
}

/** The innermost tmpfs, mounted before, that the destination lies in. */
function coveringTmpfs(spec: Spec, index: number, destination: string): string | undefined {
  let cover = spec.box.dev === "minimal" && isBelow(destination, "/dev") ? "/dev" : undefined;
  for (const mount of spec.mounts.slice(0, index)) {
    if (!isBelow(destination, mount.destination)) continue;
    if (cover !== undefined && !isBelow(mount.destination, cover) && mount.destination !== cover) continue;
    cover = mount.type === "tmpfs" ? mount.destination : undefined;
  }
  return cover;
}
