// Boxes that `run` leaves ready, for tests: where they lie, which there are, and none left when the test ends.
import { chmodSync, existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { readyKey, readyName } from "#src/ready/ready-key.ts";
import { ENV } from "./box-cases.ts";
import { NSBOX, runCommand, type RunOptions, type RunResult, tempDir } from "./nsbox.ts";

export interface ReadyBoxes extends Disposable {
  readonly folder: string;
  /** For nsbox: boxes are kept ready, where this looks. */
  readonly env: Readonly<Record<string, string>>;
  /** `nsbox run` with these words; `before` starts it. */
  run(args: readonly string[], options?: RunOptions, before?: readonly string[]): Promise<RunResult>;
  /** The files that belong to what has been run, by name, with their inodes: another one has been written anew. */
  look(): Readonly<Record<string, number>>;
}

/** Root's folder is the machine's own: only what this test runs is looked at, and removed. */
export function openReadyBoxes(): ReadyBoxes {
  const runtime = tempDir();
  chmodSync(runtime.path, 0o700);
  const folder = process.getuid?.() === 0 ? "/run/nsbox/ready" : runtime.join("nsbox/ready");
  const given = { ...ENV, XDG_RUNTIME_DIR: runtime.path };
  const names = new Set<string>();
  const there = (): readonly string[] => [...names].filter((name) => existsSync(`${folder}/${name}`));
  return {
    folder,
    env: given,
    run: (args, options = {}, before = []) => {
      const env = { ...given, ...options.env };
      const name = nameOf(args, options.cwd ?? process.cwd(), env);
      if (name !== undefined) names.add(name);
      return runCommand([...before, NSBOX, "run", ...args], { ...options, env });
    },
    look: () => Object.fromEntries(there().map((name) => [name, statSync(`${folder}/${name}`).ino])),
    [Symbol.dispose]: () => {
      for (const name of existsSync(folder) ? readdirSync(folder) : [])
        if (names.has(name.slice(0, 8))) rmSync(`${folder}/${name}`, { force: true });
      runtime[Symbol.dispose]();
    },
  };
}

function nameOf(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): string | undefined {
  const cmdline = new TextEncoder().encode(["nsbox", "run", ...args].map((word) => `${word}\0`).join(""));
  const stretches = readyKey(cmdline, { cwd, env })?.stretches;
  return stretches === undefined ? undefined : readyName(Bun.hash.adler32(Buffer.concat([...stretches])));
}
