// --seccomp FILE as plain data.
import { readText } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { explainErrno, NsboxError } from "#src/error.ts";

/** What the file holds. Throws NsboxError EUSAGE naming it. */
export function readProfileFile(path: string): unknown {
  const text = readProfileText(path);
  try {
    return JSON.parse(text, keepWholeNumbers);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new NsboxError("EUSAGE", `Cannot parse the seccomp profile ${JSON.stringify(path)}: ${why}`, {
      hint: "a profile is JSON, as /usr/share/containers/seccomp.json is",
      cause,
    });
  }
}

/** Arguments of system calls are words of 64 bits; a number of JavaScript has room for 53. */
function keepWholeNumbers(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  const { source = "" } = context ?? {};
  return typeof value === "number" && !Number.isSafeInteger(value) && /^\d+$/.test(source) ? BigInt(source) : value;
}

function readProfileText(path: string): string {
  try {
    return readText(path);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const { syscall, errno } = cause;
    throw new NsboxError("EUSAGE", `Cannot read the seccomp profile ${JSON.stringify(path)}: ${explainErrno(errno)}`, {
      syscall,
      errno,
      hint: "give a profile's file, or default, or none",
      cause,
    });
  }
}
