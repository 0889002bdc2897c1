// Answers the calls that a filter asks about: each with the refusal that the filter alone would have given.
//
// SECURITY: it never lets a call through (SECCOMP_USER_NOTIF_FLAG_CONTINUE), so that nothing that changes between its
// look and the call could matter. If this process ends, the kernel answers ENOSYS: refused, too.
import type { Fd } from "#ffi/libc/fd.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { errnoName } from "#ffi/uapi/errno.ts";
import { SECCOMP_DATA, SECCOMP_IOCTL_NOTIF, SECCOMP_NOTIF, SECCOMP_NOTIF_RESP } from "#ffi/uapi/seccomp.ts";
import { syscallName } from "#ffi/uapi/syscalls.ts";
import { refusalOf } from "#src/seccomp/notifying-filter.ts";
import type { Arch, SyscallData } from "#src/seccomp/policy.ts";
import { type Instruction, unpackProgram } from "#src/seccomp/program.ts";
import { explainArguments } from "./explain-arguments.ts";
import { readCaller, readText } from "./read-caller.ts";
import type { CallRefusal } from "./refusal.ts";

const X32_BIT = 0x4000_0000;

export interface ListenerOptions {
  readonly file: Fd;
  readonly arch: Arch;
  /** The filter as it would be without a listener, in base64. */
  readonly verdicts: string;
  /** Whether texts that arguments point to may be looked at. */
  readonly readsMemory: boolean;
  readonly write: (refusal: CallRefusal) => void;
}

/** Answers for one filter. */
export class Listener {
  readonly #file: Fd;
  readonly #arch: Arch;
  readonly #verdicts: readonly Instruction[];
  readonly #readText: typeof readText;
  readonly #write: (refusal: CallRefusal) => void;

  constructor({ file, arch, verdicts, readsMemory, write }: ListenerOptions) {
    this.#file = file;
    this.#arch = arch;
    this.#readText = readsMemory ? readText : () => undefined;
    this.#verdicts = unpackProgram(Uint8Array.fromBase64(verdicts));
    this.#write = write;
  }

  /** One call that waits; it is written down before its caller hears of it. */
  answer(): void {
    const bytes = new Uint8Array(SECCOMP_NOTIF.size);
    // ENOENT: its caller was killed meanwhile.
    if (rawSyscall("ioctl", this.#file, SECCOMP_IOCTL_NOTIF.RECV, bytes) !== 0) return;
    const view = new DataView(bytes.buffer);
    const { offsets } = SECCOMP_NOTIF;
    const id = view.getBigUint64(offsets.id, true);
    const pid = view.getUint32(offsets.pid, true);
    const data = readData(view, offsets.data);
    const errno = refusalOf(this.#verdicts, data);
    const refusal = this.#describe(pid, data, errno);
    // Whose number the PID is by now, only the kernel knows: if the call still waits, what was read is its caller's.
    if (!this.#isWaiting(id)) return;
    this.#write(refusal);
    const answer = SECCOMP_NOTIF_RESP.pack({ id, val: 0, error: -errno, flags: 0 });
    rawSyscall("ioctl", this.#file, SECCOMP_IOCTL_NOTIF.SEND, answer);
  }

  #isWaiting(id: bigint): boolean {
    const bytes = new Uint8Array(new BigUint64Array([id]).buffer);
    return rawSyscall("ioctl", this.#file, SECCOMP_IOCTL_NOTIF.ID_VALID, bytes) === 0;
  }

  #describe(pid: number, data: SyscallData, errno: number): CallRefusal {
    const { nr, args } = data;
    const isX32 = this.#arch === "x64" && (nr & X32_BIT) !== 0;
    const known = syscallName(this.#arch, isX32 ? nr & ~X32_BIT : nr);
    const name = known === undefined ? `syscall_${nr}` : isX32 ? `x32:${known}` : known;
    return {
      kind: "syscall",
      time: new Date().toISOString(),
      syscall: name,
      args: explainArguments(name, args, (address) => this.#readText(pid, address)),
      errno: errnoWord(errno),
      process: readCaller(pid),
    };
  }
}

function readData(view: DataView, at: number): SyscallData {
  const { nr, arch, args } = SECCOMP_DATA.offsets;
  return {
    nr: view.getUint32(at + nr, true),
    arch: view.getUint32(at + arch, true),
    args: Array.from({ length: 6 }, (_, n) => view.getBigUint64(at + args + n * 8, true)),
  };
}

/** "EPERM"; "0" where a profile makes a call do nothing and says that it has worked. */
function errnoWord(number: number): string {
  return errnoName(number) ?? String(number);
}
