import { describe, expect, test } from "bun:test";
import type { Refusal } from "#src/audit/refusal.ts";
import { explainTally, LINES_EACH, Tally } from "#src/audit/tally.ts";

const call = (syscall: string, errno: string, command: string): Refusal => ({
  kind: "syscall",
  time: "",
  syscall,
  args: [],
  errno,
  process: { pid: 1, pidInside: 1, command },
});
const host = (name: string): Refusal => ({
  kind: "host",
  time: "",
  host: name,
  port: 80,
  reason: "x",
  process: undefined,
});

describe("Tally", () => {
  test("has lines for so many of a kind, and counts all", () => {
    const tally = new Tally();
    const written = Array.from({ length: LINES_EACH + 5 }, () => tally.add(call("keyctl", "EPERM", "a")));
    expect(written.filter(Boolean).length).toBe(LINES_EACH);
    expect(tally.add(call("keyctl", "ENOSYS", "a"))).toBe(true);
    expect(tally.rows.map(({ count }) => count)).toEqual([LINES_EACH + 5, 1]);
  });

  test("keeps so many kinds and names, whatever a box thinks of", () => {
    const tally = new Tally();
    for (let n = 0; n < 10_000; n++) tally.add(host(`${n}.example`));
    for (let n = 0; n < 100; n++) tally.add(call("mount", "EPERM", `name ${n}`));
    expect(tally.rows.length).toBeLessThan(510);
    expect(tally.rows.reduce((sum, { count }) => sum + count, 0)).toBe(10_100);
    expect(Math.max(...tally.rows.map(({ commands }) => commands.length))).toBe(4);
  });
});

test("explainTally() says what was refused most first, with names made harmless", () => {
  const tally = new Tally();
  tally.add(host("evil.example"));
  for (const command of ["a", "b\u001b", "a"]) tally.add(call("mount", "EPERM", command));
  expect(explainTally(tally.rows, (text) => text.replaceAll("\u001b", "\\x1b"))).toBe(
    "nsbox: The box was refused 3 system calls and 1 connection\n" +
      "  mount            EPERM       3  by a, b\\x1b\n" +
      "  evil.example:80  refused     1\n",
  );
});
