// Reaching the kernel by system calls: lines 16 and 23 to 26 of docs/security.md.
//
// Each call is made raw, with arguments that would not harm if it got through. It has got through when the kernel
// answers something else than the filter's errno: so the control shows that the filter alone refused it.
import { type SyscallName, syscallNumber } from "#ffi/uapi/syscalls.ts";
import { type Attack, testAttacks } from "#test/support/attack.ts";
import type { Need } from "#test/support/needs.ts";

const arch = process.arch === "arm64" ? "arm64" : "x64";
const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97];

/** argv: "call" or "int80", then the number and the arguments; prints the result as the kernel gives it. */
const PROGRAM = `#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int count, char **words) {
  long w[7] = {0}, result;
  for (int n = 2; n < count && n < 9; n++) w[n - 2] = strtoul(words[n], 0, 0);
#ifdef __x86_64__
  if (strcmp(words[1], "int80") == 0)
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(w[0]), "b"(w[1]), "c"(w[2]), "d"(w[3]) : "memory");
  else
#endif
  {
    result = syscall(w[0], w[1], w[2], w[3], w[4], w[5], w[6]);
    if (result == -1) result = -errno;
  }
  printf("%ld\\n", result);
  return 0;
}`;

const PREPARE = `cat > DIR/try.c <<'END'\n${PROGRAM}\nEND\ngcc -static -O1 -o DIR/try DIR/try.c`;
const SHOWN: readonly string[] = ["--ro", "DIR"];
const UNFILTERED = { flags: [...SHOWN, "--seccomp", "none"] } as const;
const needs: readonly Need[] = ["cc"];

/** The result of a call that was refused, or nothing where the process was killed. */
function script(way: "call" | "int80", nr: number, args: readonly (number | string)[], refused: number): string {
  return `r=$(DIR/try ${way} ${nr} ${args.join(" ")} 2>/dev/null); [ -n "$r" ] && [ "$r" != -${refused} ] && echo PWNED`;
}

/** One call that the filter answers with EPERM. */
function refusedCall(name: SyscallName, args: readonly number[], control: Attack["control"] = UNFILTERED): Attack {
  return {
    line: 23,
    name,
    script: script("call", syscallNumber(arch, name), args, EPERM),
    flags: SHOWN,
    control,
    needs,
    prepare: PREPARE,
  };
}

const PRIVILEGED: Attack["control"] = { none: "the kernel asks for privilege outside, before it looks at anything" };

const REFUSED: readonly Attack[] = [
  refusedCall("userfaultfd", [0xffff]),
  refusedCall("io_uring_setup", [0, 0]),
  refusedCall("io_uring_enter", [0xffff, 0, 0, 0, 0, 0]),
  refusedCall("keyctl", [0, -3, 0]),
  refusedCall("add_key", [0, 0, 0, 0, 0]),
  refusedCall("request_key", [0, 0, 0, 0]),
  refusedCall("move_pages", [0, 0, 0, 0, 0, 0]),
  refusedCall("mbind", [0, 0, 0, 0, 0, 0]),
  refusedCall("perf_event_open", [0, 0, 0, 0, 0]),
  refusedCall("settimeofday", [1, 0]),
  refusedCall("clock_settime", [0xff, 0]),
  refusedCall("quotactl", [0xffff_ffff, 0, 0, 0]),
  refusedCall("kcmp", [0, 0, 0, 0, 0]),
  refusedCall("setns", [-1, 0]),
  ...(
    [
      ...["bpf", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon"],
      ...["swapoff", "acct", "syslog", "fanotify_init", "open_by_handle_at", "lookup_dcookie", "nfsservctl"],
      ...["vhangup", "migrate_pages"],
      ...(arch === "x64" ? ["iopl", "ioperm"] : []),
    ] as SyscallName[]
  ) // a list of literals that are all names
    .map((name) => refusedCall(name, [], PRIVILEGED)),
];

const X32_BIT = 0x4000_0000;
/** keyctl(KEYCTL_GET_KEYRING_ID, …) in the table of i386. */
const I386_KEYCTL = 288;

const OTHERS: readonly Attack[] = [
  {
    line: 16,
    name: "TIOCSTI, with bits above those that the kernel looks at (CVE-2019-7303)",
    script: script("call", syscallNumber(arch, "ioctl"), [0, "0x100005412", 0], EPERM),
    flags: SHOWN,
    control: UNFILTERED,
    needs,
    prepare: PREPARE,
  },
  {
    line: 24,
    name: "keyctl by the x32 table",
    script: script("call", X32_BIT + syscallNumber("x64", "keyctl"), [0, -3, 0], ENOSYS),
    flags: SHOWN,
    control: { none: "most kernels have no x32 calls" },
    needs: ["cc", "x64"],
    prepare: PREPARE,
  },
  {
    line: 24,
    name: "keyctl by int 0x80",
    script: script("int80", I386_KEYCTL, [0, -3, 0], ENOSYS),
    flags: SHOWN,
    control: UNFILTERED,
    needs: ["cc", "x64", "ia32"],
    prepare: PREPARE,
  },
  { line: 25, name: "a nested user namespace", script: "unshare -Ur echo PWNED", control: { flags: ["--nested"] } },
  {
    line: 25,
    name: "a mount in a nested user namespace",
    script: "unshare -Urm sh -c 'mount -t tmpfs none /tmp && echo PWNED'",
    control: { flags: ["--nested"] },
  },
  {
    line: 25,
    name: "a firewall in a nested network namespace",
    script: "unshare -Urn python3 -c 'import socket; socket.socket(16, 3, 12); print(\"PWNED\")'",
    control: { flags: ["--seccomp", "none"] },
    needs: ["python3"],
  },
  {
    line: 25,
    name: "a packet socket",
    script: "python3 -c 'import socket; socket.socket(17, 3, 0); print(\"PWNED\")'",
    control: { flags: ["--seccomp", "none"] },
    needs: ["python3"],
  },
  {
    line: 25,
    name: "a socket to the hypervisor",
    script: script("call", syscallNumber(arch, "socket"), [40, 1, 0], EAFNOSUPPORT),
    flags: SHOWN,
    control: { none: "not every kernel has AF_VSOCK" },
    needs,
    prepare: PREPARE,
  },
  {
    line: 26,
    name: "clone3, whose flags no filter sees",
    script: script("call", syscallNumber(arch, "clone3"), [0, 0], ENOSYS),
    flags: SHOWN,
    control: UNFILTERED,
    needs,
    prepare: PREPARE,
  },
];

testAttacks("kernel", [...REFUSED, ...OTHERS]);
