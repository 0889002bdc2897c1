// Control groups with their limits and use, see cgroups(7) and the kernel's cgroup-v2 documentation.
import type { MountInfo } from "../parse-mountinfo.ts";
import type { CgroupLine } from "../proc-text.ts";
import { explainCpuMax, firstCpuMax, isLimit, limitsOf } from "./cgroup-limits.ts";
import { explainBytes, gather, type Group, groupBy, type Readable, type Row, rows, shown } from "./group.ts";

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
  for (const { type, root, mountPoint, superOptions } of mounts) {
    const shows =
      line.hierarchy === 0
        ? type === "cgroup2"
        : type === "cgroup" && line.controllers.every((name) => superOptions.includes(name));
    const below = shows ? pathBelow(root, line.path) : undefined;
    if (below !== undefined) return mountPoint + below;
  }
  return undefined;
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
  const second = views.filter(({ version }) => version === 2);
  const first = groupBy(
    views.filter(({ version }) => version === 1),
    ({ path }) => path,
  );
  return [
    ...gather(second, (view) => [
      { label: "version 2", value: view.path },
      ...explainFiles(view),
      ...explainAbove(view),
    ]),
    ...gather([...first], ([path, lines]) => [
      { label: "version 1", value: path, note: lines.map(({ controllers }) => controllers.join(", ")).join(", ") },
      ...gather(lines, (view) => [...explainFirst(view), ...explainAbove(view)]),
    ]),
  ];
}

/** What version 1 has in files of other names. */
function explainFirst({ files }: CgroupView): readonly Row[] {
  const limit = files["memory.limit_in_bytes"];
  return [
    use("memory", files["memory.usage_in_bytes"], isLimit(limit) ? limit : "max", bytesWord),
    use("processes", files["pids.current"], files["pids.max"], (text) => text),
    one("processor", firstCpuMax(files), explainCpuMax, "time it may use"),
  ].filter((row) => row !== undefined);
}

function explainAbove({ above }: CgroupView): readonly Row[] {
  return above.map(({ path, files }) => ({
    label: "above",
    value: `${path}: ${limitsOf(files)
      .map((limit) => `${limit.of} ${limit.value}`)
      .join(", ")}`,
    note: "what holds there holds here",
  }));
}

function explainFiles({ files, folder, path }: CgroupView): readonly Row[] {
  if (folder === undefined) return [{ label: "limits", value: "not readable: no mount shows you this cgroup" }];
  // KERNEL: the root of the machine has hardly any of these files, and not this one.
  if (path === "/" && files["cgroup.freeze"] === undefined)
    return [{ label: "limits", value: "none: it is the root of all, which has none" }];
  const list = [
    use("memory", files["memory.current"], files["memory.max"], bytesWord),
    one("memory.high", files["memory.high"], bytesWord, "above this it is slowed down"),
    one("swap", files["memory.swap.max"], bytesWord, "the most of it"),
    use("processes", files["pids.current"], files["pids.max"], (text) => text),
    one("processor", files["cpu.max"], explainCpuMax, "time it may use"),
    one(
      "cpu weight",
      files["cpu.weight"],
      (text) => text,
      "its share when others want the processor too; 100 is usual",
    ),
    one("cpu used", /^usage_usec (\d+)$/m.exec(files["cpu.stat"] ?? "")?.[1], explainMicroseconds),
    one("processors", files["cpuset.cpus.effective"], (text) => text, "on which it may run"),
    one("disk", files["io.max"], (text) => text.replaceAll("\n", "; ")),
    one("frozen", files["cgroup.freeze"] === "1" ? "yes" : undefined, (text) => text),
  ].filter((row) => row !== undefined);
  return list.length > 0 ? list : [{ label: "limits", value: "none: no controller is enabled for it" }];
}

type Show = (text: string) => string;

function one(label: string, text: string | undefined, show: Show, note = ""): Row | undefined {
  return text === undefined || text === "" || text === "max" ? undefined : { label, value: show(text), note };
}

function use(label: string, current: string | undefined, max: string | undefined, show: Show): Row | undefined {
  if (current === undefined) return undefined;
  return { label, value: `${show(current)} of ${max === undefined || max === "max" ? "no limit" : show(max)}` };
}

function bytesWord(text: string): string {
  return /^\d{1,20}$/.test(text) ? explainBytes(Number(text)) : text;
}

function explainMicroseconds(text: string): string {
  return `${(Number(text) / 1e6).toFixed(1)} s`;
}
