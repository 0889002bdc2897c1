// Groups of processes → nested areas: one for each pair of a user and a PID namespace, inside the nearest pair that both
// descend from. What nobody may know the origin of stands outside, at the top. Pure.
import { commandOf, type Family, familyOf, findHead } from "#src/inspect/descent.ts";
import { boxTitle } from "#src/inspect/name-boxes.ts";
import { escapeText } from "#src/inspect/escape-text.ts";
import type { NamespaceGraph, NamespaceNode } from "#src/inspect/namespace-graph.ts";
import type { PageArea, PageGroup } from "./page-data.ts";

interface Area {
  readonly user: number | undefined;
  readonly pid: number | undefined;
  readonly groups: number[];
  readonly empty: number[];
  readonly below: Area[];
  upper: Area | undefined;
}

/** The areas at the top, in the order of their first processes. */
export function nestAreas(graph: NamespaceGraph, groups: readonly PageGroup[]): readonly PageArea[] {
  const nodes = new Map(graph.namespaces.map((node) => [node.inode, node]));
  const areas = new Map<string, Area>();
  for (const [index, { namespaces }] of groups.entries()) {
    const key = `${namespaces.user} ${namespaces.pid}`;
    const area: Area = areas.get(key) ?? {
      user: namespaces.user,
      pid: namespaces.pid,
      groups: [],
      empty: [],
      below: [],
      upper: undefined,
    };
    area.groups.push(index);
    areas.set(key, area);
  }
  const all = [...areas.values()];
  for (const area of all) {
    area.upper = nearest(area, all, nodes);
    area.upper?.below.push(area);
  }
  const tops = all.filter(({ upper }) => upper === undefined);
  for (const node of graph.namespaces)
    if (node.processes.length === 0)
      homeOf(
        node,
        all,
        nodes,
        tops.find(({ user }) => user !== undefined),
      )?.empty.push(node.inode);
  const naming: Naming = {
    nodes,
    groups,
    family: familyOf(graph.processes),
  };
  // Those that nothing is known of come last.
  const rank = ({ user }: Area): number => (user === undefined ? 1 : 0);
  return tops.toSorted((a, b) => rank(a) - rank(b)).map((area) => finish(area, naming));
}

type Nodes = ReadonlyMap<number, NamespaceNode>;

/** How many generations lie between a namespace and one that it descends from; undefined where it doesn't. */
function distance(from: number | undefined, to: number | undefined, nodes: Nodes): number | undefined {
  let at = from;
  for (let steps = 0; steps <= GENERATIONS_MAX; steps++) {
    if (at === to) return steps;
    at = at === undefined ? undefined : nodes.get(at)?.parent;
    if (at === undefined) return undefined;
  }
  return undefined;
}

/** KERNEL: user and PID namespaces nest 32 deep, see user_namespaces(7). */
const GENERATIONS_MAX = 33;

function nearest(area: Area, all: readonly Area[], nodes: Nodes): Area | undefined {
  let best: Area | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const other of all) {
    if (other === area) continue;
    const [users, pids] = [distance(area.user, other.user, nodes), distance(area.pid, other.pid, nodes)];
    if (users === undefined || pids === undefined) continue;
    // Of two that are as near, the one with the same user namespace.
    const steps = users + pids + users / 64;
    if (steps < fewest) [best, fewest] = [other, steps];
  }
  return best;
}

/** Where a namespace without a process is drawn: with its owner, or whatever that descends from. */
function homeOf(
  { owner, parent }: NamespaceNode,
  all: readonly Area[],
  nodes: Nodes,
  otherwise: Area | undefined,
): Area | undefined {
  for (let at = owner ?? parent; at !== undefined; at = nodes.get(at)?.parent) {
    const found = all.find((area) => area.user === at);
    if (found !== undefined) return found;
  }
  return otherwise;
}

interface Naming {
  readonly nodes: Nodes;
  readonly groups: readonly PageGroup[];
  readonly family: Family;
}

function finish(area: Area, naming: Naming): PageArea {
  const { user, pid, upper } = area;
  return {
    title: titleOf(area, naming),
    subtitle: subtitleOf(area, naming.nodes),
    user: upper?.user === user ? null : (user ?? null),
    pid: upper?.pid === pid ? null : (pid ?? null),
    groups: area.groups,
    empty: area.empty,
    below: area.below.map((one) => finish(one, naming)),
  };
}

function titleOf({ user, pid, upper, groups: own }: Area, { groups, family }: Naming): string {
  if (user === undefined) return "Processes that you may not look into";
  if (upper === undefined) return "The machine";
  const members = own.flatMap((index) => groups[index]?.pids ?? []);
  const head = findHead(members, family, ({ namespaces }) => namespaces.user === user && namespaces.pid === pid);
  const box = head?.box;
  const name = escapeText(shortCommand((commandOf(head, family) ?? head)?.command ?? ""));
  const kinds = [...(upper.user === user ? [] : ["users"]), ...(upper.pid === pid ? [] : ["processes"])];
  return box === undefined ? `Own ${kinds.join(" and ")}: ${name}` : `${capital(escapeText(boxTitle(box)))}: ${name}`;
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** The command without its program's folder, cut. */
function shortCommand(command: string): string {
  const [program = "", ...rest] = command.split(" ");
  const name = command.startsWith("[") ? program : program.slice(program.lastIndexOf("/") + 1);
  const whole = [name, ...rest].join(" ");
  return whole.length > TITLE_MAX ? `${whole.slice(0, TITLE_MAX - 1)}…` : whole;
}

const TITLE_MAX = 40;

function subtitleOf({ user, pid, upper }: Area, nodes: Nodes): string {
  const node = user === undefined ? undefined : nodes.get(user);
  const by = node?.creatorUid === undefined || upper === undefined ? "" : `, made by uid ${node.creatorUid}`;
  const parts = [
    ...(upper?.user === user || user === undefined ? [] : [`user namespace ${user}${by}`]),
    ...(upper?.pid === pid || pid === undefined ? [] : [`PID namespace ${pid}`]),
  ];
  return parts.join(" · ");
}
