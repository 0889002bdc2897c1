// Writes an executable in one piece (who starts it meanwhile gets the old one or the new one), and reads one.
import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { explainErrno, NsboxError } from "#src/error.ts";

/** Replaces the file. Throws NsboxError. */
export function writeExecutable(path: string, bytes: Uint8Array): void {
  const ending = `.${process.pid}.new`;
  let target = path;
  try {
    // A link stays one, and what is no file, such as a pipe behind /dev/stdout, is written to: neither is to be replaced.
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && !stat.isFile() && !stat.isDirectory()) return writeFileSync(path, bytes);
    if (stat?.isFile() === true) target = realpathSync(path);
    writeFileSync(target + ending, bytes, { flag: "wx", mode: 0o755 });
    renameSync(target + ending, target);
  } catch (cause) {
    rmSync(target + ending, { force: true });
    throw failure(`write ${JSON.stringify(path)}`, cause, "give -o a file in a folder that you can write to");
  }
}

/** Its bytes. Throws NsboxError. */
export function readExecutable(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw failure(`read ${JSON.stringify(path)}`, cause, "give a file that nsbox compile has written");
  }
}

function failure(what: string, cause: unknown, hint: string): NsboxError {
  const number = cause instanceof Error && "errno" in cause ? Math.abs(Number(cause.errno)) : Number.NaN;
  return new NsboxError("EHOST", `Cannot ${what}: ${explainErrno(number)}`, { errno: number, hint, cause });
}
