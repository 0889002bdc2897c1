import { describe, expect, test } from "bun:test";
import { AUDIT_ARCH, SECCOMP_RET } from "#ffi/uapi/seccomp.ts";
import { syscallTable } from "#ffi/uapi/syscalls.ts";
import { actionOf } from "#src/seccomp/actions.ts";
import { defaultFilter } from "#src/seccomp/default-filter.ts";
import { interpret } from "#src/seccomp/interpret.ts";
import { notifyingFilter, refusalOf } from "#src/seccomp/notifying-filter.ts";
import type { SyscallData } from "#src/seccomp/policy.ts";
import { unpackProgram } from "#src/seccomp/program.ts";

const FILTER = defaultFilter("x64", []);
const alone = unpackProgram(FILTER);
const asking = unpackProgram(notifyingFilter(FILTER));

const CALLS: readonly SyscallData[] = [...Object.values(syscallTable("x64")), 9999, 0x4000_0001, 0xffff_ffff].flatMap(
  (nr) =>
    [0n, 1n, 0x1000_0000n, 0x5412n, 40n, 0xffff_ffff_ffff_ffffn].map((word) => ({
      nr,
      arch: AUDIT_ARCH.X86_64,
      args: Array.from({ length: 6 }, () => word),
    })),
);

describe("notifyingFilter()", () => {
  test("asks exactly where the filter alone refuses, and refuses the same when asked", () => {
    let asked = 0;
    for (const data of CALLS) {
      const [before, after] = [interpret(alone, data).ret, interpret(asking, data).ret];
      if (actionOf(before) !== SECCOMP_RET.ERRNO) expect(after).toBe(before);
      else {
        expect(after).toBe(SECCOMP_RET.USER_NOTIF);
        expect(SECCOMP_RET.ERRNO | refusalOf(alone, data)).toBe(before);
        asked++;
      }
    }
    expect(asked).toBeGreaterThan(300);
  });

  test("lets nobody be asked about 32-bit calls, which end the process", () => {
    const data = { nr: 1, arch: AUDIT_ARCH.I386, args: [0n, 0n, 0n, 0n, 0n, 0n] };
    expect(interpret(asking, data).ret).toBe(SECCOMP_RET.KILL_PROCESS);
  });

  test("leaves the filter that it was given as it is", () => {
    expect(FILTER).toEqual(defaultFilter("x64", []));
  });
});
