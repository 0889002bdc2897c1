import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ERRNO } from "#ffi/uapi/errno.ts";
import { cc, includes, macroNames, noHeaders } from "./headers.ts";

const ROWS = Object.entries(ERRNO);

test("ERRNO counts from 1 to 133 and leaves out only the two aliases", () => {
  const numbers = ROWS.map(([, row]) => row.number);
  const all = Array.from({ length: 133 }, (_, index) => index + 1);
  expect(all.filter((number) => !numbers.some((known) => known === number))).toEqual([41, 58]);
  expect(new Set(numbers).size).toBe(ROWS.length);
});

describe.skipIf(noHeaders)("errno.ts and the headers (needs cc and kernel headers)", () => {
  test("ERRNO has the names of the headers", () => {
    const names = macroNames("E", ["asm/errno.h"], "").map((name) => `E${name}`);
    const expected = names.filter((name) => name !== "EWOULDBLOCK" && name !== "EDEADLOCK");
    expect(ROWS.map(([name]) => name).toSorted()).toEqual(expected.toSorted());
  });

  test("ERRNO has the numbers of the headers and the messages of strerror(3)", () => {
    const prints = ROWS.map(([name]) => `  printf("${name} %d %s\\n", ${name}, strerror(${name}));`);
    const lines = [...includes(["errno.h", "stdio.h", "string.h"]), "int main(void) {", ...prints, "  return 0;", "}"];
    expect(runProgram(lines).trimEnd().split("\n")).toEqual(
      ROWS.map(([name, row]) => `${name} ${row.number} ${row.message}`),
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
