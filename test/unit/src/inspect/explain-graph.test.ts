import { describe, expect, test } from "bun:test";
import { explainDot, explainMermaid } from "#src/inspect/explain-graph.ts";
import { buildRows } from "#src/inspect/ls-columns.ts";
import { parseMermaid } from "#test/support/mermaid.ts";
import { sampleGraph } from "#test/support/sample-graph.ts";

const FACTS = { users: new Map([[0, "root"]]), netnsids: new Map() };
const rowsWith = (command: string): ReturnType<typeof buildRows> =>
  buildRows(sampleGraph({ plain: 1, boxes: 1, each: 1, command }), FACTS).filter(({ node }) =>
    ["user", "pid"].includes(node.type),
  );
const HOSTILE = `a "b" \\ #34; <script> %% ]) --> n1 \`x\` \n {"c"}`;

describe("explainDot()", () => {
  test("draws who owns what, and descent dashed", () => {
    expect(explainDot(rowsWith("sleep 9"))).toBe(`digraph namespaces {
  rankdir=LR;
  node [shape=box, style=rounded, fontname="sans-serif", fontsize=10];
  edge [color="#808080", fontname="sans-serif", fontsize=9];
  4026531832 [label="user 4026531832 (yours)\\n1 process, 1 root sleep 9", style="rounded,filled", fillcolor="#dbe7ff"];
  4026531834 [label="pid 4026531834 (yours)\\n1 process, 1 root sleep 9"];
  4026531840 [label="user 4026531840\\n1 process, box 2: 2 1 nsbox-init", style="rounded,filled", fillcolor="#dbe7ff"];
  4026531842 [label="pid 4026531842\\n1 process, box 2: 2 1 nsbox-init"];
  4026531832 -> 4026531834;
  4026531832 -> 4026531840;
  4026531840 -> 4026531842;
  4026531834 -> 4026531842 [style=dashed, label="descends"];
}
`);
  });

  test("quotes what processes are called", () => {
    expect(explainDot(rowsWith(HOSTILE))).toContain('a \\"b\\" \\\\ #34;');
  });
});

describe("explainMermaid()", () => {
  test("draws the same nodes and arrows", () => {
    const { nodes, arrows } = parseMermaid(explainMermaid(rowsWith("sleep 9")));
    expect([...nodes.keys()]).toEqual(["n4026531832", "n4026531834", "n4026531840", "n4026531842"]);
    expect(nodes.get("n4026531834")).toBe("pid 4026531834 (yours)\n1 process, 1 root sleep 9");
    expect(arrows).toEqual([
      { from: "n4026531832", to: "n4026531834", label: undefined },
      { from: "n4026531832", to: "n4026531840", label: undefined },
      { from: "n4026531840", to: "n4026531842", label: undefined },
      { from: "n4026531834", to: "n4026531842", label: "descends" },
    ]);
  });

  test("keeps what processes are called from being Mermaid", () => {
    const { nodes } = parseMermaid(explainMermaid(rowsWith(HOSTILE)));
    expect(nodes.get("n4026531834")).toContain(`a "b" \\ #34; <script> %% ]) --> n1`);
  });
});

describe("parseMermaid()", () => {
  test.each([
    ["a graph of another kind", "sequenceDiagram\n"],
    ["a label that ends early", 'flowchart LR\n  n1["a"b"]\n'],
    ["a label with markup", 'flowchart LR\n  n1["<b>"]\n'],
    ["an arrow to nowhere", 'flowchart LR\n  n1["a"]\n  n1 --> n2\n'],
  ])("refuses %s", (_, text) => {
    expect(() => parseMermaid(text)).toThrow("Cannot");
  });
});
