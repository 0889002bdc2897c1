// The filter of a box's init: it can't have the command's, and runs as the command's user (D-46).
import { AUDIT_ARCH, BPF, SECCOMP, SECCOMP_DATA, SECCOMP_RET, SOCK_FILTER } from "#ffi/uapi/seccomp.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { syscallNumber, type SyscallName } from "#ffi/uapi/syscalls.ts";
import { type Call, call, words } from "#ffi/tape/call.ts";
import type { HostFacts } from "#src/spec/facts.ts";

type Arch = HostFacts["arch"];

const NATIVE: Readonly<Record<Arch, number>> = { x64: AUDIT_ARCH.X86_64, arm64: AUDIT_ARCH.AARCH64 };

/** What a call of the init that fails makes the runner do: report, end; and what the kernel goes on with by itself. */
const ALWAYS: readonly SyscallName[] = ["write", "exit_group", "restart_syscall"];

/** Instructions besides one for each call. */
const OTHERS = 6;

/** Lets these calls through and no other, also for who may trace anything (CAP_SYS_PTRACE). */
export function filterOf(arch: Arch, names: readonly SyscallName[]): Uint8Array {
  const { LD, W, ABS, JMP, JEQ, K, RET } = BPF;
  const { size, offsets } = SOCK_FILTER;
  const [load, equals, answer] = [LD | W | ABS, JMP | JEQ | K, RET | K];
  const refusal = SECCOMP_RET.ERRNO | errnoNumber("EPERM");
  const bytes = new Uint8Array((names.length + OTHERS) * size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const add = (code: number, jt: number, k: number): void => {
    view.setUint16(at + offsets.code, code, true);
    view.setUint8(at + offsets.jt, jt);
    view.setUint32(at + offsets.k, k, true);
    at += size;
  };
  add(load, 0, SECCOMP_DATA.offsets.arch);
  add(equals, 1, NATIVE[arch]);
  add(answer, 0, refusal);
  add(load, 0, SECCOMP_DATA.offsets.nr);
  let left = names.length;
  for (const name of names) add(equals, left--, syscallNumber(arch, name));
  add(answer, 0, refusal);
  add(answer, 0, SECCOMP_RET.ALLOW);
  return bytes;
}

/** The label of the call that sets it. */
export const FILTER_INIT = "filter the init";

/** The call that lets the init make those that are left on its tape alone; none without a machine to make it for. */
export function filterInitCalls(arch: Arch | undefined, left: readonly Call[]): readonly Call[] {
  if (arch === undefined) return [];
  const names = new Set(ALWAYS);
  for (const { name } of left) if (name !== "load") names.add(name);
  const bytes = filterOf(arch, [...names]);
  const program = words(bytes.length / SOCK_FILTER.size, bytes);
  return [call("seccomp", [SECCOMP.SET_MODE_FILTER, 0, program], { label: FILTER_INIT })];
}
