import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errnoMessage, errnoName, errnoNames, errnoNumber, isErrnoName } from "#ffi/uapi/errno.ts";
import { cc, includes, macroNames, noHeaders } from "./headers.ts";

const NAMES = errnoNames();

test("the table counts from 1 to 133 and leaves out only the two aliases", () => {
  const numbers = NAMES.map(errnoNumber);
  const all = Array.from({ length: 133 }, (_, index) => index + 1);
  expect(all.filter((number) => !numbers.some((known) => known === number))).toEqual([41, 58]);
  expect(new Set(numbers).size).toBe(NAMES.length);
});

test("numbers and names are found by each other, whatever numbers messages have", () => {
  for (const name of NAMES) expect(errnoName(errnoNumber(name))).toBe(name);
  expect(NAMES.filter((name) => / \d+ /.test(errnoMessage(name)))).not.toEqual([]);
  for (const number of [0, -1, 41, 58, 134, 1.5, Number.NaN]) expect(errnoName(number)).toBeUndefined();
});

test("isErrnoName() takes whole names only", () => {
  expect(NAMES.every(isErrnoName)).toBe(true);
  const others = ["", "E", "EPER", "PERM", "EPERM 1", "EPERM 1 Operation", "EPERM\nENOENT", "eperm", "1", " ", "\n"];
  expect(others.some((text) => isErrnoName(text))).toBe(false);
});

describe.skipIf(noHeaders)("errno.ts and the headers (needs cc and kernel headers)", () => {
  test("the table has the names of the headers", () => {
    const names = macroNames("E", ["asm/errno.h"], "").map((name) => `E${name}`);
    const expected = names.filter((name) => name !== "EWOULDBLOCK" && name !== "EDEADLOCK");
    expect<readonly string[]>(NAMES.toSorted()).toEqual(expected.toSorted());
  });

  test("the table has the numbers of the headers and the messages of strerror(3)", () => {
    const prints = NAMES.map((name) => `  printf("${name} %d %s\\n", ${name}, strerror(${name}));`);
    const lines = [...includes(["errno.h", "stdio.h", "string.h"]), "int main(void) {", ...prints, "  return 0;", "}"];
    expect(runProgram(lines).trimEnd().split("\n")).toEqual(
      NAMES.map((name) => `${name} ${errnoNumber(name)} ${errnoMessage(name)}`),
    );
  });
});

function runProgram(lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "nsbox-errno-"));
  try {
    const program = join(folder, "program");
    const { code, stderr } = cc(["-o", program], lines);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return Bun.spawnSync([program], { env: { LC_ALL: "C" } }).stdout.toString();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
