// What tests of real boxes share: looking at the same thing from inside and from outside.
import { readFileSync, readlinkSync } from "node:fs";
import { nsbox, type RunOptions, type RunResult, startNsbox, waitFor } from "./nsbox.ts";

/** Runs a shell script in a box made with these flags. */
export function inBox(flags: readonly string[], script: string, options: RunOptions = {}): Promise<RunResult> {
  return nsbox(["run", ...flags, "--", "sh", "-c", script], options);
}

/** A box that is running while the test looks at it; ends with its block. */
export interface LiveBox extends AsyncDisposable {
  /** PID of nsbox itself, of the init and of the command, as seen from outside. */
  readonly launcher: number;
  readonly init: number;
  readonly command: number;
  /** Sends a line to the command and gives the line that it answers. */
  ask(line: string): Promise<string>;
  readonly exited: Promise<number>;
  kill(signal: NodeJS.Signals): void;
}

/** The children of a process, see proc_pid_task(5). */
export function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return [];
    throw error;
  }
}

/** Whether a process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return false;
    throw error;
  }
}

/** The inode of one of a process's namespaces, as "net:[4026531840]". */
export function namespaceOf(pid: number | "self", type: string): string {
  return readlinkSync(`/proc/${pid}/ns/${type}`);
}

/** A box whose shell answers lines: each is run as a script, its output is one line. */
export async function liveBox(flags: readonly string[] = []): Promise<LiveBox> {
  const shell = 'echo ready; while read -r line; do eval "$line" 2>&1 | tr "\\n" " "; echo; done';
  const child = startNsbox(["run", ...flags, "--", "sh", "-c", shell]);
  const lines = lineReader(child.stdout);
  const ready = await lines();
  if (ready !== "ready") throw new Error(`the box did not start: ${await child.stderr.text()}`);
  const init = await waitFor(() => childrenOf(child.pid)[0], "the init");
  const command = flags.includes("--no-init") ? init : await waitFor(() => childrenOf(init)[0], "the command");
  return {
    launcher: child.pid,
    init,
    command,
    async ask(line) {
      child.stdin.write(`${line}\n`);
      child.stdin.flush();
      return (await lines()).trim();
    },
    exited: child.exited,
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

function lineReader(stream: ReadableStream<Uint8Array>): () => Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  return async () => {
    while (!rest.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) return rest;
      rest += decoder.decode(value, { stream: true });
    }
    const end = rest.indexOf("\n");
    const line = rest.slice(0, end);
    rest = rest.slice(end + 1);
    return line;
  };
}
