import { describe, expect, test } from "bun:test";
import { SIGINFO, STATUS, STATUS_VERSION } from "#src/spec/status-layout.ts";
import { killedStatusFile, parseStatusFile } from "#src/state/box-status.ts";

const CLD = { EXITED: 1, KILLED: 2 } as const;

function statusFile(code: number, status: number): Uint8Array {
  const bytes = new Uint8Array(STATUS.bytes);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(STATUS.version, BigInt(STATUS_VERSION), true);
  view.setBigInt64(STATUS.starts, 2n, true);
  view.setBigInt64(STATUS.startedAt, 1000n, true);
  view.setBigInt64(STATUS.startedAt + 8, 500_000_000n, true);
  view.setBigInt64(STATUS.endedAt, 2000n, true);
  view.setInt32(STATUS.siginfo + SIGINFO.code, code, true);
  view.setInt32(STATUS.siginfo + SIGINFO.status, status, true);
  view.setBigInt64(STATUS.command, 7n, true);
  return bytes;
}

describe("parseStatusFile()", () => {
  test("reads a file of zeroes as a box whose command has never been started", () => {
    expect(parseStatusFile(new Uint8Array(STATUS.bytes))).toMatchObject({ starts: 0, end: undefined });
  });

  test("reads a running command, one that exited, and one that was killed", () => {
    expect(parseStatusFile(statusFile(0, 0))).toEqual({ starts: 2, startedAt: 1_000_500, command: 7, end: undefined });
    expect(parseStatusFile(statusFile(CLD.EXITED, 3))?.end).toEqual({ exitCode: 3, signal: undefined, at: 2_000_000 });
    expect(parseStatusFile(statusFile(CLD.KILLED, 15))?.end).toMatchObject({ exitCode: 143, signal: "SIGTERM" });
  });

  test("takes nothing else for one", () => {
    expect(parseStatusFile(new Uint8Array(0))).toBeUndefined();
    expect(parseStatusFile(new Uint8Array(STATUS.bytes + 1))).toBeUndefined();
    expect(parseStatusFile(new Uint8Array(STATUS.bytes).fill(255))).toBeUndefined();
  });
});

describe("killedStatusFile()", () => {
  test("says that the command was killed, and when; the rest stays", () => {
    const killed = parseStatusFile(killedStatusFile(statusFile(0, 0), 3_000_250));
    expect(killed).toEqual({
      starts: 2,
      startedAt: 1_000_500,
      command: 7,
      end: { exitCode: 137, signal: "SIGKILL", at: 3_000_250 },
    });
  });
});
