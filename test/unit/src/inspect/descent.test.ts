import { describe, expect, test } from "bun:test";
import { commandOf, type Family, familyOf, findHead, oldestOf } from "#src/inspect/descent.ts";
import type { ProcessNode } from "#src/inspect/namespace-graph.ts";

type Given = Pick<ProcessNode, "pid" | "parent"> & Partial<ProcessNode>;

function family(...given: readonly Given[]): Family {
  const rest = { startTicks: 7, uid: 0, name: "sh", command: "sh", namespaces: {}, box: undefined, init: undefined };
  return familyOf(given.map((one) => ({ ...rest, ...one })));
}

function headOf(of: Family, pids: readonly number[]): number | undefined {
  return findHead(pids, of, ({ pid }) => pids.includes(pid))?.pid;
}

describe("findHead()", () => {
  const processes = family(
    { pid: 299, parent: 20, namespaces: { pid: 77 }, startTicks: 9 },
    { pid: 300, parent: 900, namespaces: { pid: 77 } },
    { pid: 301, parent: 5555, startTicks: 8 },
    { pid: 302, parent: 301 },
    { pid: 900, parent: 20, namespaces: { pid: 77 }, init: { command: 300 } },
    { pid: 901, parent: 20, startTicks: 6 },
  );

  test.each([
    ["a parent before its child, whichever PID is lower", [300, 900], 900],
    ["PID 1 of a PID namespace before who has entered that", [299, 300, 900], 900],
    ["the oldest of those that don't descend from each other", [301, 302, 900, 901], 901],
    ["one whose parent has gone", [301, 302], 301],
    ["one whose parent is elsewhere", [300], 300],
  ])("finds %s", (_, pids, head) => expect(headOf(processes, pids)).toBe(head));

  test("finds somebody where all seem to descend from each other", () => {
    expect(headOf(family({ pid: 5, parent: 6 }, { pid: 6, parent: 5 }), [5, 6])).toBe(5);
    expect(headOf(family(), [])).toBe(undefined);
  });
});

describe("commandOf()", () => {
  const processes = family(
    { pid: 300, parent: 900 },
    { pid: 900, parent: 20, name: "nsbox-init", init: { command: 300 } },
    { pid: 901, parent: 20, name: "nsbox-init" },
  );

  test("is what the init of a box has started", () => {
    expect(commandOf(processes.byPid.get(900), processes)?.pid).toBe(300);
  });

  test("is nothing of who has only taken an init's name", () => {
    expect(commandOf(processes.byPid.get(901), processes)).toBe(undefined);
  });
});

describe("oldestOf()", () => {
  test("is the one that the others descend from, whichever PID is lower", () => {
    const [init, command, entered] = [
      { pid: 900, parent: 20, startTicks: 7 },
      { pid: 300, parent: 900, startTicks: 7 },
      { pid: 299, parent: 20, startTicks: 8 },
    ] as const;
    expect(oldestOf([entered, command, init])).toBe(900);
    expect(oldestOf([entered, command])).toBe(300);
    expect(oldestOf([])).toBe(undefined);
  });
});
