import { describe, expect, test } from "bun:test";
import { explainRows, rowsJson } from "#src/inspect/explain-namespaces.ts";
import { explainTree } from "#src/inspect/explain-tree.ts";
import { buildRows, COLUMNS, type Column, findColumn, sortRows } from "#src/inspect/ls-columns.ts";
import type { NamespaceGraph } from "#src/inspect/namespace-graph.ts";
import { renumber, sampleGraph } from "#test/support/sample-graph.ts";

const FACTS = { users: new Map([[0, "root"]]), netnsids: new Map() };
const GRAPH = sampleGraph({ plain: 2, boxes: 2, each: 2 });
const ROWS = buildRows(GRAPH, FACTS);
const columns = (...names: string[]): readonly Column[] => names.flatMap((name) => findColumn(name) ?? []);

describe("explainRows()", () => {
  test("aligns numbers to the right and texts to the left", () => {
    const rows = ROWS.filter(({ node }) => node.type === "user");
    expect(explainRows(rows, columns("ns", "nprocs", "user", "command"), undefined)).toBe(
      `        NS NPROCS USER COMMAND
4026531832      2 root sleep 1000
4026531840      2 1    nsbox-init
4026531848      2 2    nsbox-init
`,
    );
  });

  test("cuts a line that is wider than the terminal", () => {
    const text = explainRows(ROWS.slice(0, 1), columns("ns", "command"), 16);
    expect(text.split("\n")[1]).toBe("4026531832 slee…");
  });

  test("says what holds a namespace without a process", () => {
    const graph: NamespaceGraph = {
      ...GRAPH,
      processes: [],
      namespaces: [
        {
          inode: 7,
          type: "net",
          processes: [],
          heldBy: [{ kind: "mount", path: "/run/netns/\x1b", seenBy: 1 }],
          owner: undefined,
          parent: undefined,
          creatorUid: undefined,
        },
      ],
    };
    expect(explainRows(buildRows(graph, FACTS), columns("pid", "command"), undefined)).toContain(
      "(held by the mount /run/netns/\\x1b)",
    );
  });
});

describe("rowsJson()", () => {
  test("has every column under its name in lower case", () => {
    const { namespaces } = JSON.parse(rowsJson(ROWS, COLUMNS, [])) as { readonly namespaces: readonly object[] }; // its shape
    expect(Object.keys(namespaces[0] ?? {})).toEqual(COLUMNS.map(({ name }) => name.toLowerCase()));
    expect(namespaces).toHaveLength(GRAPH.namespaces.length);
  });
});

describe("sortRows()", () => {
  const [pns] = columns("pns");

  test("puts what is missing last, whichever way", () => {
    if (pns === undefined) throw new Error("there is no column PNS");
    const values = (descending: boolean): unknown[] => sortRows(ROWS, pns, descending).map((row) => pns.value(row));
    expect(values(false).at(-1)).toBe(null);
    expect(values(true).at(-1)).toBe(null);
    expect(Number(values(true)[0])).toBeGreaterThan(Number(values(false)[0]));
  });
});

describe("explainTree()", () => {
  test("draws ownership and descent", () => {
    const rows = ROWS.filter(({ node }) => ["user", "net", "pid"].includes(node.type));
    expect(explainTree(rows, { color: false, width: undefined })).toBe(
      `Ownership  each user namespace, and below it those that it owns; * you are in it
user   4026531832* 2 processes, 1 root sleep 1000
├─ pid    4026531834* the same 2 processes
├─ net    4026531837* 4 processes, 1 root sleep 1000
├─ user   4026531840  2 processes, box 3: 3 1 nsbox-init › sleep 1000
│  ├─ pid    4026531842  the same 2 processes
│  └─ net    4026531845  the same 2 processes
└─ user   4026531848  2 processes, box 5: 5 2 nsbox-init › sleep 1000
   └─ pid    4026531850  the same 2 processes

Descent  a PID namespace sees those below it, and no other
pid    4026531834* 2 processes, 1 root sleep 1000
├─ pid    4026531842  2 processes, box 3: 3 1 nsbox-init › sleep 1000
└─ pid    4026531850  2 processes, box 5: 5 2 nsbox-init › sleep 1000
`,
    );
  });

  test("follows descent, not PIDs, which begin anew: a box's init, then its command", () => {
    const { processes, ...rest } = sampleGraph({ plain: 2, boxes: 1, each: 3 });
    const names = ["", "", "", "nsbox-init", "sh", "sleep"];
    const graph = { ...rest, processes: processes.map((one) => ({ ...one, command: names[one.pid] ?? one.command })) };
    const last = (pids: Readonly<Record<number, number>>): string => {
      const rows = buildRows(renumber(graph, pids), FACTS).filter(({ node }) => node.type === "pid");
      return explainTree(rows, { color: false, width: undefined }).trim().split("\n").at(-1)?.slice(22) ?? "";
    };
    expect(last({})).toBe("3 processes, box 3: 3 1 nsbox-init › sh");
    expect(last({ 3: 8, 4: 9 })).toBe("3 processes, box 3: 8 1 nsbox-init › sh");
    expect(last({ 3: 9 })).toBe("3 processes, box 3: 9 1 nsbox-init › sh");
  });

  test("leaves nothing out where the owner isn't known: it stands at the top", () => {
    const rows = ROWS.map((row) => ({ ...row, node: { ...row.node, owner: undefined, parent: undefined } }));
    const text = explainTree(rows, { color: false, width: undefined });
    for (const { node } of rows) expect(text).toContain(String(node.inode));
  });
});
