import { describe, expect, test } from "bun:test";
import { findEnviron } from "#ffi/front/find-environ.ts";
import { programHeaders } from "#ffi/front/program-headers.ts";
import { AT, dynamicFile, ENVIRON_AT } from "#test/support/dynamic-file.ts";

function environOf(file: Uint8Array): bigint | undefined {
  const headers = programHeaders(new DataView(file.buffer));
  expect(headers).toBeDefined();
  return headers === undefined ? undefined : findEnviron(file, headers);
}

/** With one word of its table of tags another. */
function changed(tag: number, value: bigint): Uint8Array {
  const file = dynamicFile("x64", ["stdin", "environ"]);
  const view = new DataView(file.buffer);
  for (let at: number = AT.dynamic; ; at += 16) {
    if (view.getBigUint64(at, true) !== BigInt(tag)) continue;
    view.setBigUint64(at + 8, value, true);
    return file;
  }
}

describe("findEnviron()", () => {
  test.each(["x64", "arm64"] as const)("finds it among what is copied, for %s", (arch) => {
    for (const names of [["environ"], ["stdin", "environ"], ["environ", "stdout"], ["a", "b", "environ", "c"]])
      expect(environOf(dynamicFile(arch, names))).toBe(ENVIRON_AT);
    for (const name of ["_environ", "__environ"]) expect(environOf(dynamicFile(arch, ["", name]))).toBe(0x5010n);
  });

  test("takes no other name for it", () => {
    for (const names of [[], ["stdin"], ["environs", "___environ", "environment", "nviron", "_Environ"]])
      expect(environOf(dynamicFile("x64", names))).toBeUndefined();
  });

  test("is quiet about tables that are not in the file, or not there at all", () => {
    for (const tag of [5, 6, 7]) {
      expect(environOf(changed(tag, 0x10n))).toBeUndefined();
      expect(environOf(changed(tag, 0x201fffn))).toBeUndefined();
      expect(environOf(changed(tag, 2n ** 63n))).toBeUndefined();
    }
    expect(environOf(changed(8, 0n))).toBeUndefined();
    expect(environOf(changed(8, 2n ** 40n))).toBe(ENVIRON_AT);
    expect(environOf(dynamicFile("x64", ["environ"]).subarray(0, AT.relocations).slice())).toBeUndefined();
  });

  test("looks for one machine's kind only", () => {
    const file = dynamicFile("x64", ["environ"]);
    new DataView(file.buffer).setUint16(18, 183, true);
    expect(environOf(file)).toBeUndefined();
  });
});
