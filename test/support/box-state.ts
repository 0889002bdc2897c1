// Boxes that live on, in a state folder of the test's own: gone, box and folder, with the block they were made in.
import { readFileSync } from "node:fs";
import { nsbox, type RunOptions, type RunResult, tempDir } from "./nsbox.ts";

export interface BoxState extends AsyncDisposable {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** nsbox with this state folder. */
  nsbox(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Starts a box that runs this script; gives the PID of its init. Throws what nsbox says where it can't. */
  start(name: string, script: string, flags?: readonly string[]): Promise<number>;
  /** The box as `ps --json` has it; undefined if there is none. */
  look(name: string): Promise<SeenBox | undefined>;
  /** What the box has printed. */
  log(name: string): string;
}

export interface SeenBox {
  readonly name: string;
  readonly state: string;
  readonly pid: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly starts: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** An empty state folder. */
export function openBoxState(): BoxState {
  const dir = tempDir();
  const folder = dir.join("state");
  const env: Record<string, string> = { NSBOX_STATE_DIR: folder };
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] ??= value;
  const run: BoxState["nsbox"] = (args, options = {}) => nsbox(args, { ...options, env });
  const list = async (): Promise<readonly SeenBox[]> => JSON.parse((await run(["ps", "-a", "--json"])).stdout);
  return {
    folder,
    env,
    nsbox: run,
    async start(name, script, flags = []) {
      const { stdout, stderr, exitCode } = await run(
        ["run", "-d", "--name", name, "--json", ...flags, "--", "sh", "-c", script],
        { cwd: "/" },
      );
      if (exitCode !== 0) throw new Error(stderr);
      return JSON.parse(stdout).pid;
    },
    look: async (name) => (await list()).find((box) => box.name === name),
    log: (name) => readFileSync(`${folder}/boxes/${name}/log`, "utf8"),
    async [Symbol.asyncDispose]() {
      const names = (await list()).map((box) => box.name);
      if (names.length > 0) await run(["rm", "-f", ...names]);
      dir[Symbol.dispose]();
    },
  };
}
