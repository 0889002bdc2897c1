// Compiles and runs limit.c, the C program that warm boxes are measured against.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const SOURCE: string = join(import.meta.dir, "limit.c");

/** The compiled C program. */
export interface Limit {
  /** Makes this many boxes, one after another; gives milliseconds per box. */
  run(count: number): number;
  /** Makes one box, as a whole process. */
  readonly once: readonly string[];
}

function gcc(output: string, flags: readonly string[]): void {
  const command = ["gcc", "-O2", "-Wall", "-Werror", ...flags, "-o", output, SOURCE];
  const { exitCode, stderr } = Bun.spawnSync(command, { stdio: ["ignore", "ignore", "pipe"] });
  if (exitCode !== 0) throw new Error(`Cannot compile limit.c: ${stderr.toString().split("\n")[0]}`);
}

/** Compile it into the cache; undefined where there is no compiler. */
export function openLimit(root: string): Limit | undefined {
  if (Bun.which("gcc") === null) return undefined;
  const cache = join(root, "dist/bench");
  mkdirSync(cache, { recursive: true });
  const [program, init] = [join(cache, "limit"), join(cache, "limit-init")];
  gcc(program, ["-static"]);
  gcc(init, ["-static", "-DINIT"]);
  return {
    once: [program, "1", init],
    run: (count) => {
      const { exitCode, stdout, stderr } = Bun.spawnSync([program, String(count), init], {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      });
      if (exitCode !== 0) throw new Error(`Cannot run limit.c: ${stderr.toString().trim()}`);
      return (Number(stdout.toString()) * 1000) / count;
    },
  };
}
