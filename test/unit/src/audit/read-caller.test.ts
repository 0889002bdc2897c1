import { expect, test } from "bun:test";
import { parsePids } from "#src/audit/read-caller.ts";

test("parsePids() takes the process of a thread, and its innermost number", () => {
  const status = "Name:\tsh\nUmask:\t0022\nTgid:\t40\nNgid:\t0\nPid:\t41\nNStgid:\t40\t9\t2\nNSpid:\t41\t10\t3\n";
  expect(parsePids(status, 41)).toEqual({ pid: 40, pidInside: 2 });
});

test("parsePids() is not fooled by a name, and lives with a kernel that says less", () => {
  expect(parsePids("Name:\tTgid:\t1\nNStgid:\t1\nTgid:\t7\n", 7)).toEqual({ pid: 7, pidInside: 1 });
  expect(parsePids("Name:\tTgid:\t1\n", 7)).toEqual({ pid: 7, pidInside: undefined });
});
