import { describe, expect, test } from "bun:test";
import type { NamespaceGraph } from "#src/inspect/namespace-graph.ts";
import { buildPageData, detailOrder } from "#src/inspect/page/build-page-data.ts";
import type { PageArea } from "#src/inspect/page/page-data.ts";
import { buildModel, explainGroup, searchGroups, sharingOf } from "#src/inspect/page/client/model.ts";
import { renumber, sampleGraph } from "#test/support/sample-graph.ts";

const FACTS = { host: "sample", takenAt: "2026-01-02T03:04:05Z", users: new Map([[0, "root"]]), details: {} };
const GRAPH = sampleGraph({ plain: 3, boxes: 2, each: 2 });

/** Titles, and in brackets those of the areas inside. */
function outline(areas: readonly PageArea[]): string {
  return areas.map(({ title, below }) => (below.length === 0 ? title : `${title} (${outline(below)})`)).join(", ");
}

describe("buildPageData()", () => {
  test("puts processes into one group exactly if all their namespaces are the same", () => {
    const { groups, processes } = buildPageData(GRAPH, FACTS);
    expect(groups.map(({ pids }) => pids)).toEqual([
      [1, 2, 3],
      [4, 5],
      [6, 7],
    ]);
    expect(processes.map(({ group }) => group)).toEqual([0, 0, 0, 1, 1, 2, 2]);
  });

  test("shows kernel threads after what has arguments", () => {
    const processes = GRAPH.processes.map((one) => (one.pid === 1 ? { ...one, command: "[kthreadd]" } : one));
    expect(buildPageData({ ...GRAPH, processes }, FACTS).groups[0]?.pids).toEqual([2, 3, 1]);
  });

  test("nests areas by what their user and PID namespaces descend from", () => {
    const { areas } = buildPageData(GRAPH, FACTS);
    expect(outline(areas)).toBe("The machine (Box 4: sleep 1000, Box 6: sleep 1000)");
    expect(areas[0]?.below[0]?.subtitle).toBe("user namespace 4026531840, made by uid 1 · PID namespace 4026531842");
  });

  test("nests three deep, and a user namespace alone as one", () => {
    const box = GRAPH.processes.find(({ pid }) => pid === 5);
    const user = { inode: 77, type: "user", heldBy: [], owner: 4026531840, parent: 4026531840 } as const;
    const graph: NamespaceGraph = {
      ...GRAPH,
      namespaces: [...GRAPH.namespaces, { ...user, processes: [9], creatorUid: 1 }],
      processes: [
        ...GRAPH.processes,
        {
          pid: 9,
          parent: 5,
          startTicks: 9,
          uid: 1,
          name: "cat",
          command: "cat",
          box: undefined,
          init: undefined,
          namespaces: { ...box?.namespaces, user: 77 },
        },
      ],
    };
    expect(outline(buildPageData(graph, FACTS).areas)).toBe(
      "The machine (Box 4: sleep 1000 (Own users: cat), Box 6: sleep 1000)",
    );
  });

  test("calls a box after its command, whatever PIDs have begun anew", () => {
    const graph = sampleGraph({ plain: 3, boxes: 1, each: 3 });
    const processes = graph.processes.map((one) => (one.pid === 6 ? { ...one, command: "its child" } : one));
    const { areas } = buildPageData(renumber({ ...graph, processes }, { 4: 9, 5: 8 }), FACTS);
    expect(outline(areas)).toBe("The machine (Box 4: sleep 1000)");
  });

  test("draws what nobody is in with its owner", () => {
    const held = {
      inode: 88,
      type: "net",
      processes: [],
      owner: 4026531840,
      parent: undefined,
      creatorUid: undefined,
    } as const;
    const heldBy = [{ kind: "mount", path: "/run/a\x1b", seenBy: 1 }] as const;
    const { areas, namespaces } = buildPageData(
      { ...GRAPH, namespaces: [...GRAPH.namespaces, { ...held, heldBy }] },
      FACTS,
    );
    expect(areas[0]?.below[0]?.empty).toEqual([88]);
    expect(namespaces.at(-1)?.heldBy).toEqual(["the mount /run/a\\x1b"]);
  });

  test("keeps apart, and last, processes that may not be looked into", () => {
    const processes = GRAPH.processes.map((one) => (one.pid === 1 ? { ...one, namespaces: {} } : one));
    const { areas, base } = buildPageData({ ...GRAPH, processes }, FACTS);
    expect(areas.map(({ title }) => title)).toEqual(["The machine", "Processes that you may not look into"]);
    expect(base).toEqual(GRAPH.yours);
  });
});

describe("detailOrder()", () => {
  test("takes the first of each group before the second of any", () => {
    expect(detailOrder(GRAPH)).toEqual([1, 4, 6, 2, 5, 7, 3]);
  });
});

describe("the page's model", () => {
  const net = GRAPH.processes.find(({ uid }) => uid === 1)?.namespaces.net ?? 0;
  const processes = GRAPH.processes.map((one) =>
    one.uid === 2 ? { ...one, namespaces: { ...one.namespaces, net } } : one,
  );
  const model = buildModel(buildPageData({ ...GRAPH, processes }, FACTS));

  test("tells the machine's own, one's own and what is shared", () => {
    const [, first] = model.data.groups;
    if (first === undefined) throw new Error("there is no second group");
    expect([sharingOf(model, first, "time"), sharingOf(model, first, "mnt"), sharingOf(model, first, "net")]).toEqual([
      "machine",
      "own",
      "shared",
    ]);
    expect([...model.letters]).toEqual([[net, "A"]]);
  });

  test("says it in words", () => {
    expect(model.data.groups.map((group) => explainGroup(model, group))).toEqual([
      "nothing isolated",
      "own user, pid, mnt, ipc, uts, cgroup; shares net",
      "own user, pid, mnt, ipc, uts, cgroup; shares net",
    ]);
  });

  test.each([
    ["", [3, 2, 2]],
    ["SLEEP", [3, 1, 1]],
    ["box 6", [0, 0, 2]],
    ["root", [3, 0, 0]],
    [String(net), [0, 2, 2]],
    [`${net} sleep`, [0, 1, 1]],
    ["no such thing", [0, 0, 0]],
  ])("finds %p", (query, counts) => {
    expect(searchGroups(model, query).map((pids) => pids.length)).toEqual(counts);
  });
});
