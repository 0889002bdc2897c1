// The filter of a box's init: it can't have the command's, and runs as the command's user (D-46).
import { AUDIT_ARCH, BPF, SECCOMP, SECCOMP_DATA, SECCOMP_RET, SOCK_FILTER } from "#ffi/uapi/seccomp.ts";
import { ERRNO } from "#ffi/uapi/errno.ts";
import { syscallNumber, type SyscallName } from "#ffi/uapi/syscalls.ts";
import { type Call, call, words } from "#ffi/tape/call.ts";
import type { HostFacts } from "#src/spec/facts.ts";

type Arch = HostFacts["arch"];

const NATIVE: Readonly<Record<Arch, number>> = { x64: AUDIT_ARCH.X86_64, arm64: AUDIT_ARCH.AARCH64 };

/** What a call of the init that fails makes the runner do: report, end; and what the kernel goes on with by itself. */
const ALWAYS: readonly SyscallName[] = ["write", "exit_group", "restart_syscall"];

/** Lets these calls through and no other, also for who may trace anything (CAP_SYS_PTRACE). */
export function filterOf(arch: Arch, names: readonly SyscallName[]): Uint8Array {
  const { LD, W, ABS, JMP, JEQ, K, RET } = BPF;
  const numbers = names.map((name) => syscallNumber(arch, name));
  const refuse = { code: RET | K, k: SECCOMP_RET.ERRNO | ERRNO.EPERM.number };
  const program = [
    { code: LD | W | ABS, k: SECCOMP_DATA.offsets.arch },
    { code: JMP | JEQ | K, jt: 1, k: NATIVE[arch] },
    refuse,
    { code: LD | W | ABS, k: SECCOMP_DATA.offsets.nr },
    ...numbers.map((nr, n) => ({ code: JMP | JEQ | K, jt: numbers.length - n, k: nr })),
    refuse,
    { code: RET | K, k: SECCOMP_RET.ALLOW },
  ];
  const bytes = new Uint8Array(program.length * SOCK_FILTER.size);
  for (const [n, instruction] of program.entries()) bytes.set(SOCK_FILTER.pack(instruction), n * SOCK_FILTER.size);
  return bytes;
}

/** The label of the call that sets it. */
export const FILTER_INIT = "filter the init";

/** The call that lets the init make those that are left on its tape alone; none without a machine to make it for. */
export function filterInitCalls(arch: Arch | undefined, left: readonly Call[]): readonly Call[] {
  if (arch === undefined) return [];
  const names = left.flatMap(({ name }) => (name === "load" ? [] : [name]));
  const bytes = filterOf(arch, [...new Set([...names, ...ALWAYS])]);
  const program = words(bytes.length / SOCK_FILTER.size, bytes);
  return [call("seccomp", [SECCOMP.SET_MODE_FILTER, 0, program], { label: FILTER_INIT })];
}
