import { describe, expect, test } from "bun:test";
import { ENGINE_OPTION, ENGINE_PREFIX } from "#ffi/front/engine-option.ts";
import { ARM64_FRONT_LISTING } from "#ffi/front/front-arm64.ts";
import { X64_FRONT_LISTING } from "#ffi/front/front-x64.ts";
import { frontCode } from "#ffi/front/front.ts";
import { DECIDING_VARIABLES, READY_AT, READY_BASE, READY_FOLDER } from "#ffi/front/ready-layout.ts";
import { listingBytes, runnerCode } from "#ffi/runner/code.ts";
import type { Listing } from "#ffi/runner/x64.ts";
import { assembled } from "#test/support/assembled.ts";
import { describeWith, testWith } from "#test/support/needs.ts";

const FRONTS = [
  { arch: "x64", listing: X64_FRONT_LISTING, needs: ["as"] },
  { arch: "arm64", listing: ARM64_FRONT_LISTING, needs: ["aarch64-as"] },
] as const;

/** Where the row behind a label begins. */
function placeOf(listing: Listing, label: string): number {
  const at = listing.findIndex(([, text]) => text === label);
  expect(at).toBeGreaterThan(-1);
  return listingBytes(listing.slice(0, at)).length;
}

function between(listing: Listing, from: string, to: string): Uint8Array {
  return listingBytes(listing).subarray(placeOf(listing, from), placeOf(listing, to));
}

for (const { arch, listing, needs } of FRONTS) {
  describeWith([], `the front for ${arch}`, () => {
    testWith(needs, "is what an assembler makes of its listing", () => {
      expect(listingBytes(listing)).toEqual(assembled(arch, listing));
    });

    test("has each row's bytes at that row", () => {
      // Labels and rows alternate as in the text, so a shift by one row would not show in the sum.
      for (const [bytes, text] of listing) {
        expect(bytes === "").toBe(text.endsWith(":"));
        const ascii = /^\.ascii "(.*)"$/.exec(text)?.[1];
        if (ascii !== undefined) expect(Uint8Array.fromHex(bytes.replaceAll(" ", ""))).toEqual(Buffer.from(ascii));
      }
    });

    test("knows the variables that decide, in their order", () => {
      const table = between(listing, "names:", "runner:");
      const wanted: number[] = [];
      for (const name of DECIDING_VARIABLES) wanted.push(name.length + 1, ...Buffer.from(`${name}=`));
      expect([...table.subarray(0, wanted.length)]).toEqual(wanted);
      // The end, and what aligns instructions.
      expect([...table.subarray(wanted.length)].every((byte) => byte === 0)).toBe(true);
      expect(table.length).toBeGreaterThan(wanted.length);
      // "/run/" for root, then the folder: the hash's letters are put behind it.
      expect(Buffer.from(between(listing, "folder:", "names:")).toString()).toBe(`/nsbox/${READY_FOLDER}/`);
      // The first of them is where ready boxes lie.
      expect(DECIDING_VARIABLES[0]).toBe("XDG_RUNTIME_DIR");
    });

    test("has the engine's option, as a text that ends, and its first 8 letters tell such texts", () => {
      const { name, value } = ENGINE_OPTION;
      expect(Buffer.from(between(listing, "option:", "folder:")).toString()).toBe(`${name}=${value}\0`);
      expect([name.startsWith(ENGINE_PREFIX), ENGINE_PREFIX.length]).toEqual([true, 8]);
    });

    test("has room for all stretches below what fstat says", () => {
      expect((2 + DECIDING_VARIABLES.length) * 16).toBeLessThanOrEqual(0x100);
    });

    test("and knows where a ready box has what, and how long the folder's name is", () => {
      const text = listing.map(([, row]) => row).join("\n");
      const base = arch === "x64" ? "rbp" : "x21";
      const at = (offset: number): RegExp =>
        arch === "x64" ? new RegExp(`\\[${base}\\+${offset}\\]`) : new RegExp(`\\[?${base}, #${offset}\\b`);
      for (const offset of [READY_AT.entry, READY_AT.argv, READY_AT.envp, READY_AT.bytes, READY_AT.lengths])
        expect(text).toMatch(at(offset));
      expect(text).toContain(`0x${READY_BASE.toString(16)}`);
      const letters = `/nsbox/${READY_FOLDER}/`.length;
      expect(text).toContain(arch === "x64" ? `mov ecx, ${letters}\nrep movsb` : `mov w11, #${letters}\nletters:`);
    });

    test("is filled with where the engine begins, where it looks, and the build; the runner is behind it", () => {
      const places = { engine: 0x1_2345_6789n, build: 0xfedc_ba98_7654_3210n, environ: 0x2_3456_789an };
      const code = frontCode(arch, places);
      const view = new DataView(code.buffer);
      expect(view.getBigUint64(placeOf(listing, "begin:"), true)).toBe(0x1_2345_6789n);
      expect(view.getBigUint64(placeOf(listing, "build:"), true)).toBe(0xfedc_ba98_7654_3210n);
      expect(view.getBigUint64(placeOf(listing, "environ:"), true)).toBe(0x2_3456_789an);
      const bare = listingBytes(listing);
      expect(code.subarray(bare.length)).toEqual(runnerCode(arch));
      for (const label of ["begin:", "build:", "environ:"])
        bare.set(code.subarray(placeOf(listing, label)).subarray(0, 8), placeOf(listing, label));
      expect(code.subarray(0, bare.length)).toEqual(bare);
      if (arch === "arm64") expect(bare.length % 4).toBe(0);
    });
  });
}

describe("assembled()", () => {
  testWith(["as"], "control: tells a label that an assembler takes for a word of its own", () => {
    expect(() => assembled("x64", [["0f 85 00 00 00 00", "jne word", ""]])).toThrow("not complete");
  });
});
