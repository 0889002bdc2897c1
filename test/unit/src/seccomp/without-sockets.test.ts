import { describe, expect, test } from "bun:test";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { SECCOMP_RET } from "#ffi/uapi/seccomp.ts";
import { AF } from "#ffi/uapi/socket.ts";
import { syscallNumber } from "#ffi/uapi/syscalls.ts";
import { defaultPolicy } from "#src/seccomp/default-policy.ts";
import { decide } from "#src/seccomp/policy.ts";
import { type Sockets, withoutSockets } from "#src/seccomp/without-sockets.ts";

const EACCES = SECCOMP_RET.ERRNO | errnoNumber("EACCES");

describe("withoutSockets()", () => {
  test.each(["x64", "arm64"] as const)(
    "refuses sockets that reach the host, and changes nothing else, on %s",
    (arch) => {
      const nr = syscallNumber(arch, "socket");
      const before = defaultPolicy(arch);
      const answer = (family: number, sockets: Sockets, above = 0n): number =>
        decide(withoutSockets(before, sockets), nr, [BigInt(family) | above, 2n]).verdict.ret;
      const none = { internet: false, unix: false };
      for (const family of [AF.UNIX, AF.INET, AF.INET6]) {
        expect(answer(family, none)).toBe(EACCES);
        // The kernel takes 32 bits: what stands above them must not make a difference.
        expect(answer(family, none, 1n << 32n)).toBe(EACCES);
      }
      expect(answer(AF.INET, { ...none, internet: true })).toBe(SECCOMP_RET.ALLOW);
      expect(answer(AF.UNIX, { ...none, unix: true })).toBe(SECCOMP_RET.ALLOW);
      expect(answer(AF.NETLINK, none)).toBe(SECCOMP_RET.ALLOW);
      expect(answer(AF.VSOCK, none)).toBe(decide(before, nr, [BigInt(AF.VSOCK)]).verdict.ret);
      const pair = syscallNumber(arch, "socketpair");
      expect(decide(withoutSockets(before, none), pair, [1n]).verdict.ret).toBe(SECCOMP_RET.ALLOW);
      expect(withoutSockets(before, { internet: true, unix: true })).toBe(before);
    },
  );
});
