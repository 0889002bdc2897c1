// NamespaceGraph → a drawing language: DOT for Graphviz, or Mermaid for pages that draw it. Pure.
// Namespaces are nodes; an arrow leads from what owns to what is owned, a dotted one from where a PID namespace descends.
import { escapeText } from "./escape-text.ts";
import { explainMembers } from "./explain-tree.ts";
import type { NamespaceRow } from "./ls-columns.ts";

/** An arrow between two inodes. */
interface Arrow {
  readonly from: number;
  readonly to: number;
  readonly kind: "owns" | "descends";
}

/** Between rows that are there; what a user namespace descends from owns it too. */
function arrowsOf(rows: readonly NamespaceRow[]): readonly Arrow[] {
  const inodes = new Set(rows.map(({ node }) => node.inode));
  return rows.flatMap(({ node: { type, inode, owner, parent } }): readonly Arrow[] => {
    const above = owner ?? (type === "user" ? parent : undefined);
    const owns: readonly Arrow[] = above === undefined ? [] : [{ from: above, to: inode, kind: "owns" }];
    const descends: readonly Arrow[] =
      type !== "pid" || parent === undefined ? [] : [{ from: parent, to: inode, kind: "descends" }];
    return [...owns, ...descends].filter(({ from, to }) => inodes.has(from) && from !== to);
  });
}

/** A drawing with labels that long has no room for anything else. */
const LABEL_MAX = 60;

/** "net 4026531840" and who is in it, a line each. */
function labelOf(row: NamespaceRow): readonly string[] {
  const members = escapeText(explainMembers(row));
  const cut = members.length > LABEL_MAX ? `${members.slice(0, LABEL_MAX - 1)}…` : members;
  return [`${row.node.type} ${row.node.inode}${row.yours ? " (yours)" : ""}`, cut];
}

/** For `dot -Tsvg`. */
export function explainDot(rows: readonly NamespaceRow[]): string {
  const quote = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  const nodes = rows.map((row) => {
    const shape = row.node.type === "user" ? ', style="rounded,filled", fillcolor="#dbe7ff"' : "";
    return `  ${row.node.inode} [label="${labelOf(row).map(quote).join("\\n")}"${shape}];`;
  });
  const arrows = arrowsOf(rows).map(
    ({ from, to, kind }) => `  ${from} -> ${to}${kind === "owns" ? "" : ' [style=dashed, label="descends"]'};`,
  );
  return [
    "digraph namespaces {",
    "  rankdir=LR;",
    '  node [shape=box, style=rounded, fontname="sans-serif", fontsize=10];',
    '  edge [color="#808080", fontname="sans-serif", fontsize=9];',
    ...nodes,
    ...arrows,
    "}\n",
  ].join("\n");
}

/** For a ```mermaid block. */
export function explainMermaid(rows: readonly NamespaceRow[]): string {
  // In a quoted text Mermaid takes numbers of characters: #34; is a quote. So nothing in it can end it, or be markup.
  const quote = (text: string): string =>
    text.replace(/[^\p{L}\p{N} .,:/()_=+@-]/gu, (one) => `#${one.codePointAt(0)};`);
  const nodes = rows.map((row) => {
    const [open, close] = row.node.type === "user" ? ["([", "])"] : ["[", "]"];
    return `  n${row.node.inode}${open}"${labelOf(row).map(quote).join("<br/>")}"${close}`;
  });
  const arrows = arrowsOf(rows).map(
    ({ from, to, kind }) => `  n${from} ${kind === "owns" ? "-->" : "-.->|descends|"} n${to}`,
  );
  return ["flowchart LR", ...nodes, ...arrows, ""].join("\n");
}
