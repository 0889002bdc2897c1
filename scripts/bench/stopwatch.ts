// Times whole processes, interleaved: by stopwatch.c, or by this program where there is no compiler.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const SOURCE: string = join(import.meta.dir, "stopwatch.c");
const WARM_UP_ROUNDS = 3;

export interface Stopwatch {
  /** What measures, in words. */
  readonly name: string;
  /** Of each command. Throws where one fails. */
  time(commands: readonly (readonly string[])[], rounds: number): readonly Times[];
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
    time: (commands, rounds) => {
      const words = commands.flatMap((command, n) => (n === 0 ? command : ["--:", ...command]));
      const { exitCode, stdout, stderr } = Bun.spawnSync([program, String(rounds), ...words], { stderr: "pipe" });
      if (exitCode !== 0) throw new Error(`Cannot measure: ${stderr.toString().trim()}`);
      return stdout.toString().trim().split("\n").map(timesOf);
    },
  };
}

/** A B C A B C …: whatever slows the machine for a while slows all of them. */
function timeHere(commands: readonly (readonly string[])[], rounds: number): readonly Times[] {
  const times = commands.map((): number[] => []);
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++)
    for (const [index, command] of commands.entries()) {
      const start = Bun.nanoseconds();
      const { exitCode } = Bun.spawnSync([...command], { stdio: ["ignore", "ignore", "ignore"] });
      if (exitCode !== 0) throw new Error(`Cannot measure "${command.join(" ")}": it ended with ${exitCode}`);
      if (round >= 0) times[index]?.push((Bun.nanoseconds() - start) / 1e6);
    }
  return times.map((returned) => ({ returned, gone: [] }));
}
