// What is known of a process that makes a call: for the record only. By the time this is read its PID may be another's,
// so whoever asks has to check afterwards that the call still waits.
import { asFd, closeFile, readText as readFile } from "#ffi/libc/fd.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import type { Caller } from "./refusal.ts";

/** The process of a thread; undefined where it has ended. */
export function readCaller(thread: number): Caller | undefined {
  const status = readOrNot(`/proc/${thread}/status`);
  const command = readOrNot(`/proc/${thread}/comm`)?.replace(/\n$/, "");
  if (status === undefined || command === undefined) return undefined;
  return { ...parsePids(status, thread), command };
}

/** The process's PID outside and inside, out of /proc/PID/status; its first line, which others choose, is left out. */
export function parsePids(status: string, thread: number): Omit<Caller, "command"> {
  const rest = status.slice(status.indexOf("\n") + 1);
  const field = (name: string): readonly number[] =>
    (new RegExp(`^${name}:\\s*([\\d\\s]*)$`, "m").exec(rest)?.[1] ?? "")
      .trim()
      .split(/\s+/)
      .filter(Boolean)
      .map(Number);
  return { pid: field("Tgid")[0] ?? thread, pidInside: field("NStgid").at(-1) };
}

function readOrNot(path: string): string | undefined {
  try {
    return readFile(path);
  } catch (error) {
    if (error instanceof SyscallError) return undefined; // it has ended
    throw error;
  }
}

const TEXT_MAX = 256;

/** The text at an address of a process; undefined where there is none. */
export function readText(pid: number, address: bigint): string | undefined {
  // What can't be an offset of a file can't be memory of a process either.
  if (address > 0x7fff_ffff_ffffn) return undefined;
  const mem = rawSyscall("openat", AT.FDCWD, `/proc/${pid}/mem`, O.RDONLY | O.CLOEXEC);
  if (mem < 0) return undefined;
  const bytes = new Uint8Array(TEXT_MAX);
  const count = rawSyscall("pread64", mem, bytes, bytes.length, address);
  closeFile(asFd(mem));
  if (count <= 0) return undefined;
  const end = bytes.indexOf(0);
  const text = new TextDecoder().decode(bytes.subarray(0, end === -1 ? count : Math.min(end, count)));
  return end === -1 || end > count ? `${text}…` : text;
}
