// NSBOX_TRACE=1: where the time of a cold `run` goes. Costs a look at the environment where it is not asked for.
import { rawSyscall } from "#ffi/libc/syscall.ts";

interface Mark {
  readonly phase: string;
  readonly ms: number;
}

const STDERR = 2;
const marks: Mark[] | undefined = process.env["NSBOX_TRACE"] === "1" ? [] : undefined;
let last = 0;

/** A phase has ended: all the time since the mark before belongs to it. */
export function mark(phase: string): void {
  if (marks === undefined) return;
  const now = performance.now();
  // What lies before the engine's own clock began is told by the process's: it has not waited for anything yet.
  const ms = marks.length === 0 ? cpuMs() : now - last;
  marks.push({ phase, ms });
  last = performance.now();
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Prints the phases, where they are asked for; called once, before this process ends or becomes another. */
export function printTrace(): void {
  if (marks === undefined || marks.length === 0) return;
  const text = new TextEncoder().encode(traceText(marks.splice(0)));
  rawSyscall("write", STDERR, text, text.length);
}

/** A line for each phase: "nsbox: trace   1.234 ms  its name". */
function traceText(phases: readonly Mark[]): string {
  const total = { phase: "in all, until the command runs", ms: phases.reduce((sum, { ms }) => sum + ms, 0) };
  return [...phases, total]
    .map(({ phase, ms }) => `nsbox: trace  ${ms.toFixed(3).padStart(7)} ms  ${phase}\n`)
    .join("");
}
