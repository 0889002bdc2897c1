// --env-file: variables from files.
import { readText } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import { parseEnvFile } from "#src/spec/grammar/parse-env.ts";
import type { EnvOption } from "#src/spec/options.ts";

/** All variables of all files, in order. Throws NsboxError naming the file. */
export function readEnvFiles(paths: readonly string[]): readonly EnvOption[] {
  return paths.flatMap((path) => parseEnvFile(readEnvFile(path), path));
}

function readEnvFile(path: string): string {
  try {
    return readText(path);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw new NsboxError("EUSAGE", `Cannot read --env-file ${JSON.stringify(path)}: ${explainErrno(cause.errno)}`, {
      syscall: cause.syscall,
      errno: cause.errno,
      hint: "give a file of NAME=VALUE lines",
      cause,
    });
  }
}
