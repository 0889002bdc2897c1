import { describe, expect, test } from "bun:test";
import { ARM64_LISTING } from "#ffi/runner/arm64.ts";
import { listingBytes, LOOP_OFFSET, RUNNER_BYTES_MAX, runnerCode } from "#ffi/runner/code.ts";
import { ARM64_START_LISTING } from "#ffi/runner/start-arm64.ts";
import { X64_START_LISTING } from "#ffi/runner/start-x64.ts";
import { ARM64_EXPAND_LISTING } from "#ffi/runner/expand-arm64.ts";
import { X64_EXPAND_LISTING } from "#ffi/runner/expand-x64.ts";
import { ARM64_UNPACK_LISTING } from "#ffi/runner/unpack-arm64.ts";
import { X64_UNPACK_LISTING } from "#ffi/runner/unpack-x64.ts";
import { X64_LISTING } from "#ffi/runner/x64.ts";
import { assembled } from "#test/support/assembled.ts";
import { testWith } from "#test/support/needs.ts";

describe("the runner", () => {
  test.each(["x64", "arm64"] as const)("for %s is short enough to be read whole", (arch) => {
    expect(runnerCode(arch).length).toBeGreaterThan(0);
    expect(runnerCode(arch).length).toBeLessThanOrEqual(RUNNER_BYTES_MAX);
  });

  test.each([
    ["x64", X64_LISTING],
    ["arm64", ARM64_LISTING],
  ] as const)("for %s has its loop where an ELF enters it", (arch, listing) => {
    const before = listing.slice(
      0,
      listing.findIndex(([, text]) => text === "loop:"),
    );
    expect(listingBytes(before).length).toBe(LOOP_OFFSET[arch]);
  });

  testWith(["as"], "and what expands texts for x64 is what an assembler makes of its listing", () => {
    expect(listingBytes(X64_EXPAND_LISTING)).toEqual(assembled("x64", X64_EXPAND_LISTING));
  });

  testWith(["aarch64-as"], "and what expands texts for arm64 is what an assembler makes of its listing", () => {
    const bytes = assembled("arm64", ARM64_EXPAND_LISTING);
    expect(listingBytes(ARM64_EXPAND_LISTING)).toEqual(bytes);
  });

  testWith(["as"], "and what unpacks a box for x64 is what an assembler makes of its listing", () => {
    expect(listingBytes(X64_UNPACK_LISTING)).toEqual(assembled("x64", X64_UNPACK_LISTING));
  });

  testWith(["aarch64-as"], "and what unpacks a box for arm64 is what an assembler makes of its listing", () => {
    const bytes = assembled("arm64", ARM64_UNPACK_LISTING);
    expect(listingBytes(ARM64_UNPACK_LISTING)).toEqual(bytes);
  });

  testWith(["as"], "and the start of a box for x64 is what an assembler makes of its listing", () => {
    expect(listingBytes(X64_START_LISTING)).toEqual(assembled("x64", X64_START_LISTING));
  });

  testWith(["aarch64-as"], "and the start of a box for arm64 is what an assembler makes of its listing", () => {
    const bytes = assembled("arm64", ARM64_START_LISTING);
    expect(listingBytes(ARM64_START_LISTING)).toEqual(bytes);
  });

  testWith(["as"], "for x64 is what an assembler makes of its listing", () => {
    expect(runnerCode("x64")).toEqual(assembled("x64", X64_LISTING));
  });

  testWith(["aarch64-as"], "for arm64 is what an assembler makes of its listing", () => {
    const bytes = assembled("arm64", ARM64_LISTING);
    expect(runnerCode("arm64")).toEqual(bytes);
  });
});
