// Times whole processes, interleaved: by stopwatch.c, or by this program where there is no compiler.
import { mkdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";

const SOURCE: string = join(import.meta.dir, "stopwatch.c");
const WARM_UP_ROUNDS = 3;

/** What is timed. */
export interface Timed {
  readonly command: readonly string[];
  /** Variables besides those that this program has. */
  readonly env?: Readonly<Record<string, string>>;
  /** A file that it makes each time: there before the first, and taken away before each. */
  readonly made?: string;
}

export interface Stopwatch {
  /** What measures, in words. */
  readonly name: string;
  /** Of each. Throws where one fails, or has not made its file. */
  time(all: readonly Timed[], rounds: number): readonly Times[];
}

/** Milliseconds of each round. */
export interface Times {
  /** Until the command has returned. */
  readonly returned: readonly number[];
  /** Until nothing that it has started runs any more; none where that is not measured. */
  readonly gone: readonly number[];
}

function timesOf(line: string): Times {
  const ms = line.split(" ").map((ns) => Number(ns) / 1e6);
  return { returned: ms.filter((_, n) => n % 2 === 0), gone: ms.filter((_, n) => n % 2 === 1) };
}

/** An entry of stopwatch.c. */
export function stopwatchWords({ command, env = {}, made }: Timed): readonly string[] {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [...(made === undefined ? [] : [`--made=${made}`]), ...variables, ...command];
}

/** The C program, compiled into the cache, or what does the same. */
export function openStopwatch(root: string): Stopwatch {
  const cache = join(root, "dist/bench");
  mkdirSync(cache, { recursive: true });
  const program = join(cache, "stopwatch");
  if (Bun.which("gcc") === null) return { name: "Bun.spawnSync()", time: timeHere };
  const compiled = Bun.spawnSync(["gcc", "-O2", "-Wall", "-Werror", "-o", program, SOURCE], { stderr: "pipe" });
  if (compiled.exitCode !== 0) throw new Error(`Cannot compile stopwatch.c: ${compiled.stderr.toString()}`);
  return {
    name: "posix_spawn() and waitpid() in C",
    time: (all, rounds) => {
      const words = all.map(stopwatchWords).flatMap((entry, n) => (n === 0 ? entry : ["--:", ...entry]));
      const { exitCode, stdout, stderr } = Bun.spawnSync([program, String(rounds), ...words], { stderr: "pipe" });
      if (exitCode !== 0) throw new Error(`Cannot measure: ${stderr.toString().trim()}`);
      return stdout.toString().trim().split("\n").map(timesOf);
    },
  };
}

/** A B C A B C …: whatever slows the machine for a while slows all of them. */
function timeHere(all: readonly Timed[], rounds: number): readonly Times[] {
  const times = all.map((): number[] => []);
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++)
    for (const [index, { command, env: own, made }] of all.entries()) {
      if (made !== undefined) unlinkSync(made);
      const env = { ...process.env, ...own };
      const start = Bun.nanoseconds();
      const { exitCode } = Bun.spawnSync([...command], { stdio: ["ignore", "ignore", "ignore"], env });
      if (exitCode !== 0) throw new Error(`Cannot measure "${command.join(" ")}": it ended with ${exitCode}`);
      if (round >= 0) times[index]?.push((Bun.nanoseconds() - start) / 1e6);
    }
  return times.map((returned) => ({ returned, gone: [] }));
}
