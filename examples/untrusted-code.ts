// Runs a Python program that nobody has looked at: no network, no files of yours, and limits on what it may use.
//
//   echo 'print(sum(range(10)))' | bun examples/untrusted-code.ts
import { NsboxError, run } from "nsbox";

const MEGABYTE = 1024 * 1024;

/** What came of the program, in words. */
async function runUntrusted(program: string): Promise<string> {
  const result = await run(["python3", "-I", "-"], {
    stdin: program,
    workdir: "/tmp", // fresh, and gone with the box
    timeout: "3s",
    maxBuffer: MEGABYTE,
    rlimits: {
      cpu: 3, // seconds
      as: 512 * MEGABYTE, // memory of each process
      fsize: 16 * MEGABYTE, // the longest file that it can write
      nofile: 64,
      nproc: 32,
    },
    capDrop: "all",
  });
  if (result.timedOut) return "it took too long";
  if (result.truncated) return "it wrote too much";
  return result.ok ? result.stdout : `it failed with ${result.exitCode}:\n${result.stderr}`;
}

try {
  console.log(await runUntrusted(await Bun.stdin.text()));
} catch (error) {
  // Not the program's fault: no box could be made, or Python is not there.
  if (!(error instanceof NsboxError)) throw error;
  console.error(`${error.code}: ${error.message}\n${error.hint ?? ""}`);
  process.exitCode = error.exitCode;
}
