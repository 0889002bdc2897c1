import { expect, test } from "bun:test";
import { explainLinks, explainNeighbours, neighbourState, NO_FACTS, type Peer } from "#src/inspect/groups/net-links.ts";
import { NUD } from "#ffi/uapi/rtnetlink.ts";

const PEER: Peer = { index: 7, name: "nsv1", bridge: "br0", namespace: 42, where: "yours", process: undefined };

const cellsOf = (peer: Peer | undefined, bridge?: string): readonly string[] | undefined => {
  const [block] = explainLinks([{ ...NO_FACTS, name: "eth0", kind: "veth", mtu: 1500, mac: "02:00", bridge, peer }]);
  return block?.kind === "table" ? block.rows[0] : undefined;
};

test("explainLinks() says whose the other end is", () => {
  expect(cellsOf(PEER)).toEqual(["eth0", "veth", "1500", "02:00", "nsv1 in your namespace, port of br0"]);
  expect(cellsOf({ ...PEER, where: "other", process: 9, bridge: undefined })?.at(-1)).toBe(
    "nsv1 in net 42, that of process 9",
  );
  expect(cellsOf({ ...PEER, where: "same", bridge: undefined })?.at(-1)).toBe("nsv1 in the same namespace");
  expect(cellsOf({ ...PEER, name: undefined, where: "unknown", bridge: undefined })?.at(-1)).toBe(
    "interface 7 in a namespace without a process that you may look at",
  );
  expect(cellsOf(undefined, "br0")).toEqual(["eth0", "veth, port of br0", "1500", "02:00", "none"]);
});

test("explainLinks() leaves out what nothing is to be told of", () => {
  expect(explainLinks([{ ...NO_FACTS, name: "lo" }])).toEqual([]);
});

test.each([
  [NUD.REACHABLE, "reachable"],
  [NUD.FAILED, "failed"],
  [NUD.PERMANENT, "permanent"],
  [NUD.NOARP, undefined],
  [0, undefined],
])("neighbourState(%p) is %p", (state, word) => {
  expect(neighbourState(state)).toBe(word);
});

test("explainNeighbours() says so where an address has not answered", () => {
  const [block] = explainNeighbours([{ interface: "eth0", address: "10.0.0.1", mac: undefined, state: "incomplete" }]);
  expect(block?.kind === "table" ? block.rows : []).toEqual([["10.0.0.1", "eth0", "incomplete", "unknown"]]);
});
