// Compiles and keeps crowd.c, the processes and namespaces that `ls` is measured on.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const SOURCE: string = join(import.meta.dir, "crowd.c");

/** A crowd that is there until its block ends. */
export interface Crowd extends AsyncDisposable {
  /** PID of the process that all of them die with. */
  readonly pid: number;
}

/** What the crowd comes to: seven namespaces in each group. */
export interface CrowdSize {
  readonly processes: number;
  readonly groups: number;
}

/** Make the crowd; the reason where this machine can't have it. */
export async function openCrowd(root: string, { processes, groups }: CrowdSize): Promise<Crowd | string> {
  if (Bun.which("gcc") === null) return "gcc is not installed";
  const cache = join(root, "dist/bench");
  mkdirSync(cache, { recursive: true });
  const program = join(cache, "crowd");
  const compiled = Bun.spawnSync(["gcc", "-O2", "-Wall", "-Werror", "-static", "-o", program, SOURCE], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (compiled.exitCode !== 0) return `crowd.c: ${compiled.stderr.toString().split("\n")[0]}`;
  const child = Bun.spawn([program, String(processes), String(groups)], { stdio: ["pipe", "pipe", "pipe"] });
  const crowd: Crowd = {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
  const { value } = await child.stdout.getReader().read();
  if (new TextDecoder().decode(value).startsWith("ready")) return crowd;
  await crowd[Symbol.asyncDispose]();
  return (await child.stderr.text()).trim().split("\n")[0] ?? "it did not come";
}
