// Control groups with their limits and use, see cgroups(7) and the kernel's cgroup-v2 documentation.
import type { MountInfo } from "../parse-mountinfo.ts";
import { type CgroupLine, isDigits } from "../proc-text.ts";
import { explainCpuMax, firstCpuMax, isLimit, limitsOf } from "./cgroup-limits.ts";
import { explainBytes, type Group, type Readable, type Row, rows, shown } from "./group.ts";
import { gather, groupBy, mapList } from "./lists.ts";

export interface CgroupView extends CgroupLine {
  readonly version: 1 | 2;
  /** Its folder as you see it; undefined where no mount shows it to you. */
  readonly folder: string | undefined;
  /** Content of its files, by their names: of CGROUP_FILES those that it has, or of version 1 those that limit. */
  readonly files: Readonly<Record<string, string>>;
  /** The groups above it that set a limit, from the nearest on: what holds there holds here. */
  readonly above: readonly { readonly path: string; readonly files: Readonly<Record<string, string>> }[];
}

/** What is read of a cgroup of version 2. */
export const CGROUP_FILES: readonly string[] = [
  "memory.current",
  "memory.max",
  "memory.high",
  "memory.swap.max",
  "pids.current",
  "pids.max",
  "cpu.max",
  "cpu.weight",
  "cpu.stat",
  "cpuset.cpus.effective",
  "io.max",
  "cgroup.freeze",
];

/** Where the mounts show a cgroup. KERNEL: root and path are both seen from the reader's own cgroup namespace. */
export function findCgroup(line: CgroupLine, mounts: readonly MountInfo[]): string | undefined {
  for (const mount of mounts) {
    const below = showsHierarchy(mount, line) ? pathBelow(mount.root, line.path) : undefined;
    if (below !== undefined) return mount.mountPoint + below;
  }
  return undefined;
}

function showsHierarchy({ type, superOptions }: MountInfo, { hierarchy, controllers }: CgroupLine): boolean {
  if (hierarchy === 0) return type === "cgroup2";
  if (type !== "cgroup") return false;
  for (const name of controllers) if (!superOptions.includes(name)) return false;
  return true;
}

/** What is left of the path below the root, with its slash; undefined where it lies elsewhere. */
function pathBelow(root: string, path: string): string | undefined {
  if (path.split("/").includes("..")) return undefined;
  if (root === "/") return path === "/" ? "" : path;
  if (path === root) return "";
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}

export function explainCgroups(cgroups: Readable<readonly CgroupView[]>): Group {
  return {
    title: "Cgroup",
    meaning: "the group with which it shares limits on memory, processor, processes",
    blocks: [
      rows(
        ...("value" in cgroups ? explainViews(cgroups.value) : [{ label: "cgroup", value: shown(cgroups, () => "") }]),
      ),
    ],
  };
}

function explainViews(views: readonly CgroupView[]): readonly Row[] {
  const list: Row[] = [];
  const first: CgroupView[] = [];
  for (const view of views)
    if (view.version === 1) first.push(view);
    else list.push({ label: "version 2", value: view.path }, ...explainFiles(view), ...explainAbove(view));
  for (const [path, lines] of groupBy(first, (view) => view.path)) {
    const controllers = gather(lines, (view) => [view.controllers.join(", ")]).join(", ");
    list.push({ label: "version 1", value: path, note: controllers });
    for (const view of lines) list.push(...explainFirst(view), ...explainAbove(view));
  }
  return list;
}

/** What version 1 has in files of other names. */
function explainFirst({ files }: CgroupView): readonly Row[] {
  const limit = files["memory.limit_in_bytes"];
  return known([
    use("memory", files["memory.usage_in_bytes"], isLimit(limit) ? limit : "max", bytesWord),
    use("processes", files["pids.current"], files["pids.max"], asIs),
    one("processor", firstCpuMax(files), explainCpuMax, "time it may use"),
  ]);
}

function explainAbove({ above }: CgroupView): readonly Row[] {
  return mapList(above, ({ path, files }) => {
    const limits = mapList(limitsOf(files), (limit) => `${limit.of} ${limit.value}`);
    return { label: "above", value: `${path}: ${limits.join(", ")}`, note: "what holds there holds here" };
  });
}

function explainFiles({ files, folder, path }: CgroupView): readonly Row[] {
  if (folder === undefined) return [{ label: "limits", value: "not readable: no mount shows you this cgroup" }];
  // KERNEL: the root of the machine has hardly any of these files, and not this one.
  if (path === "/" && files["cgroup.freeze"] === undefined)
    return [{ label: "limits", value: "none: it is the root of all, which has none" }];
  const list = known([
    use("memory", files["memory.current"], files["memory.max"], bytesWord),
    one("memory.high", files["memory.high"], bytesWord, "above this it is slowed down"),
    one("swap", files["memory.swap.max"], bytesWord, "the most of it"),
    use("processes", files["pids.current"], files["pids.max"], asIs),
    one("processor", files["cpu.max"], explainCpuMax, "time it may use"),
    one("cpu weight", files["cpu.weight"], asIs, "its share when others want the processor too; 100 is usual"),
    one("cpu used", usageOf(files["cpu.stat"] ?? ""), explainMicroseconds),
    one("processors", files["cpuset.cpus.effective"], asIs, "on which it may run"),
    one("disk", files["io.max"]?.replaceAll("\n", "; "), asIs),
    one("frozen", files["cgroup.freeze"] === "1" ? "yes" : undefined, asIs),
  ]);
  return list.length > 0 ? list : [{ label: "limits", value: "none: no controller is enabled for it" }];
}

/** The first line of cpu.stat is "usage_usec 42". */
function usageOf(stat: string): string | undefined {
  const words = stat.split("\n", 1)[0]?.split(" ") ?? [];
  const digits = words[1];
  return words[0] === "usage_usec" && isDigits(digits, 20) ? digits : undefined;
}

type Show = (text: string) => string;

function asIs(text: string): string {
  return text;
}

function known(list: readonly (Row | undefined)[]): readonly Row[] {
  return gather(list, (row) => (row === undefined ? [] : [row]));
}

function one(label: string, text: string | undefined, show: Show, note = ""): Row | undefined {
  return text === undefined || text === "" || text === "max" ? undefined : { label, value: show(text), note };
}

function use(label: string, current: string | undefined, max: string | undefined, show: Show): Row | undefined {
  if (current === undefined) return undefined;
  return { label, value: `${show(current)} of ${max === undefined || max === "max" ? "no limit" : show(max)}` };
}

function bytesWord(text: string): string {
  return isDigits(text, 20) ? explainBytes(Number(text)) : text;
}

function explainMicroseconds(text: string): string {
  return `${(Number(text) / 1e6).toFixed(1)} s`;
}
