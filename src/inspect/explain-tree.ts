// NamespaceGraph → two trees for people: who owns what, and which PID namespace descends from which. Pure.
import { escapeText } from "./escape-text.ts";
import { explainHolder, type NamespaceRow } from "./ls-columns.ts";
import { boxTitle } from "./name-boxes.ts";

export interface TreeOptions {
  readonly color: boolean;
  readonly width: number | undefined;
}

interface Branch {
  readonly row: NamespaceRow;
  readonly below: readonly Branch[];
}

/** Both trees, each under a line that says how to read it. Rows that are left out take nothing along: their own rise. */
export function explainTree(rows: readonly NamespaceRow[], { color, width }: TreeOptions): string {
  const paint = (code: number, text: string): string => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const section = (title: string, meaning: string, branches: readonly Branch[]): string[] => [
    `${paint(1, title)}  ${paint(2, meaning)}`,
    ...branches.flatMap((branch) => drawBranch(branch, "", "", { paint, width, above: undefined })),
  ];
  const descent = growTree(
    rows.filter(({ node }) => node.type === "pid"),
    ({ node }) => node.parent,
  );
  const lines = section(
    "Ownership",
    "each user namespace, and below it those that it owns; * you are in it",
    growTree(rows, ownerOf),
  );
  if (descent.length > 0)
    lines.push("", ...section("Descent", "a PID namespace sees those below it, and no other", descent));
  return `${lines.join("\n")}\n`;
}

/** KERNEL: the owner of a user namespace is the one it descends from, see ioctl_ns(2). */
function ownerOf({ node }: NamespaceRow): number | undefined {
  return node.owner ?? node.parent;
}

/** Every row below the one with the inode that `above` names; those whose upper one isn't there stand at the top. */
export function growTree(
  rows: readonly NamespaceRow[],
  above: (row: NamespaceRow) => number | undefined,
): readonly Branch[] {
  const inodes = new Set(rows.map(({ node }) => node.inode));
  const children = Map.groupBy(rows, (row) => {
    const upper = above(row);
    return upper !== undefined && inodes.has(upper) && upper !== row.node.inode ? upper : undefined;
  });
  // User namespaces last: what one owns itself stands next to it.
  const rank = ({ node }: NamespaceRow): number => (node.type === "user" ? 1 : 0);
  const grow = (list: readonly NamespaceRow[]): readonly Branch[] =>
    list.toSorted((a, b) => rank(a) - rank(b)).map((row) => ({ row, below: grow(children.get(row.node.inode) ?? []) }));
  const tops = children.get(undefined) ?? [];
  return grow(tops.toSorted((a, b) => rank(b) - rank(a)));
}

interface Drawing {
  readonly paint: (code: number, text: string) => string;
  readonly width: number | undefined;
  /** The row that this one hangs from. */
  readonly above: NamespaceRow | undefined;
}

function drawBranch({ row, below }: Branch, first: string, rest: string, drawing: Drawing): string[] {
  return [
    drawLine(row, first, drawing),
    ...below.flatMap((branch, at) => {
      const last = at === below.length - 1;
      return drawBranch(branch, `${rest}${last ? "└─ " : "├─ "}`, `${rest}${last ? "   " : "│  "}`, {
        ...drawing,
        above: row,
      });
    }),
  ];
}

const TYPE_WIDTH = 6;

function drawLine(row: NamespaceRow, indent: string, { paint, width, above }: Drawing): string {
  const { node, yours } = row;
  const start = `${indent}${node.type.padEnd(TYPE_WIDTH)} ${node.inode}${yours ? "*" : " "} `;
  const text = escapeText(explainMembers(row, above));
  const room = width === undefined ? text.length : Math.max(0, width - start.length);
  const cut = text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text;
  const name = node.type === "user" ? paint(1, node.type.padEnd(TYPE_WIDTH)) : node.type.padEnd(TYPE_WIDTH);
  return `${paint(2, indent)}${name} ${node.inode}${yours ? paint(1, "*") : " "} ${cut}`.trimEnd();
}

/** "46 processes, box web: 4711 root nsbox-init › nginx", "the same 46 processes", or what holds it where no process does. */
export function explainMembers({ node, head }: NamespaceRow, above?: NamespaceRow): string {
  const count = node.processes.length;
  if (count > 0 && above !== undefined && String(node.processes) === String(above.node.processes))
    return `the same ${count === 1 ? "process" : `${count} processes`}`;
  if (head === undefined)
    return `no process, held by ${node.heldBy.map(explainHolder).join(", ") || "what is not known"}`;
  const { pid, box, command } = head.process;
  const whose = box === undefined ? "" : `${boxTitle(box)}: `;
  const runs = head.runs === undefined ? "" : ` › ${head.runs.command}`;
  return `${count} process${count === 1 ? "" : "es"}, ${whose}${pid} ${head.user} ${command}${runs}`;
}
