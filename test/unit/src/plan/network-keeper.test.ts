// The keeper of a network, in the simulator: what it does once the box has ended, whatever the kernel says.
import { expect, test } from "bun:test";
import { assemble, type Tape } from "#ffi/tape/assemble.ts";
import { networkKeeperCalls, type NetworkKeeper } from "#src/plan/steps/network-keeper.ts";
import { BASE, runTape } from "#test/support/simulate-plan.ts";

const FAREWELL = { processes: [], files: ["/run/lease", "/run/hosts"], commands: [["/usr/sbin/nft", "delete"]] };
const HELPER = { command: ["/usr/bin/pasta", "7"], env: ["PATH=/usr/bin"] };

function keeperTape(keeper: NetworkKeeper): Tape {
  const options = { arch: "x64", base: BASE, fds: { report: -1 }, fdBase: 0, failStatus: 125 } as const;
  return assemble(networkKeeperCalls(keeper), options);
}

test("it waits for the box's end, then takes back what was made for the box", () => {
  const { calls, outcome } = runTape(keeperTape({ helper: undefined, farewell: FAREWELL }), { side: "parent" });
  const [waited, removed] = [calls.indexOf("ppoll"), calls.indexOf("unlinkat")];
  expect(waited).toBeGreaterThan(0);
  expect(removed).toBeGreaterThan(waited);
  expect(calls.filter((name) => name === "unlinkat")).toHaveLength(2);
  expect(calls.lastIndexOf("clone")).toBeGreaterThan(removed);
  expect(calls).not.toContain("kill");
  expect(outcome.end).toEqual({ kind: "exit", status: 0 });
});

test("the program that is the box's network is started first, and ended once the box has ended", () => {
  const { calls } = runTape(keeperTape({ helper: HELPER, farewell: FAREWELL }), { side: "parent" });
  expect(calls.indexOf("clone")).toBeLessThan(calls.indexOf("ppoll"));
  expect(calls.indexOf("kill")).toBeGreaterThan(calls.indexOf("ppoll"));
});

test("that program ends with the keeper, and has none of its files", () => {
  const { calls } = runTape(keeperTape({ helper: HELPER, farewell: FAREWELL }), { side: "child" });
  for (const name of ["prctl", "close", "openat", "rt_sigprocmask"]) expect(calls).toContain(name);
  expect(calls.at(-1)).toBe("execve");
});

test("whatever fails of the taking back, the rest is done", () => {
  const keeper = { helper: undefined, farewell: FAREWELL };
  const tape = keeperTape(keeper);
  const { outcome, calls: all } = runTape(tape, { side: "parent" });
  const first = all.indexOf("unlinkat");
  expect(outcome.trace).toHaveLength(all.length); // each record is a call
  for (const [n, record] of outcome.trace.entries()) {
    // KERNEL: getpid(2) never fails.
    if (n < first || ["exit_group", "getpid"].includes(all[n] ?? "")) continue;
    const { calls, outcome: broken } = runTape(tape, { side: "parent", failRecord: record, errno: 13 });
    expect(broken.end).toEqual({ kind: "exit", status: 0 });
    expect(calls.filter((name) => name === "unlinkat")).toHaveLength(2);
  }
});
