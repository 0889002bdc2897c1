// Reads the part of Mermaid that `ls --mermaid` writes, strictly: a line that it does not know is an error.

export interface MermaidGraph {
  /** Labels by id, with the numbers of characters read back. */
  readonly nodes: ReadonlyMap<string, string>;
  readonly arrows: readonly { readonly from: string; readonly to: string; readonly label: string | undefined }[];
}

const HEAD = /^flowchart (?:LR|TB)$/;
const NODE = /^ {2}(\w+)(?:\["([^"]*)"\]|\(\["([^"]*)"\]\))$/;
const ARROW = /^ {2}(\w+) (?:-->|-\.->)(?:\|(\w+)\|)? (\w+)$/;
/** What has a meaning inside a quoted text, and must come as its number. */
const MARKUP = /[<>"`\\]|#(?!\d+;)/;

/** Throws where Mermaid would. */
export function parseMermaid(text: string): MermaidGraph {
  const [head = "", ...lines] = text.trimEnd().split("\n");
  if (!HEAD.test(head)) throw new Error(`Cannot read a graph that begins with "${head}"`);
  const nodes = new Map<string, string>();
  const arrows: { from: string; to: string; label: string | undefined }[] = [];
  for (const line of lines) {
    const [node, arrow] = [NODE.exec(line), ARROW.exec(line)];
    if (node !== null) {
      const label = (node[2] ?? node[3] ?? "").split("<br/>");
      if (label.some((part) => MARKUP.test(part))) throw new Error(`Cannot read "${line}": its label has markup`);
      nodes.set(
        node[1] ?? "",
        label.join("\n").replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
      );
    } else if (arrow !== null) arrows.push({ from: arrow[1] ?? "", to: arrow[3] ?? "", label: arrow[2] });
    else throw new Error(`Cannot read "${line}"`);
  }
  for (const { from, to } of arrows)
    for (const id of [from, to])
      if (!nodes.has(id)) throw new Error(`Cannot draw an arrow to ${id}: there is no such node`);
  return { nodes, arrows };
}
