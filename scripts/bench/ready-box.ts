// A box that `nsbox run` has left ready, for the bench: where it lies, that it is there, and that every run took it up.
import { chmodSync, mkdirSync, rmSync, statSync } from "node:fs";
import { concatBytes } from "#ffi/uapi/concat-bytes.ts";
import { readyFolder } from "#src/ready/find-ready.ts";
import { readyKey, readyName } from "#src/ready/ready-key.ts";

/** Why there is none; undefined where there can be, see ffi/front/README.md. */
export const NO_READY: string | undefined =
  process.arch === "x64" ? undefined : `no native front starts boxes on ${process.arch} yet`;

/** Its file goes when its block ends. */
export interface ReadyBox extends Disposable {
  /** Whoever runs with this finds the box, and no box of anybody else's. */
  readonly env: Readonly<Record<string, string>>;
  readonly path: string;
  readonly isThere: () => boolean;
  /**
   * Throws where it is not there, for then what is measured next is something else. What it gives throws where the box
   * was made anew since, as the engine does where it wasn't taken up.
   */
  expectMade(): () => void;
}

/** Who runs nsbox, and where. */
export interface Runner {
  readonly uid: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The file for a command line, as the front looks for it; undefined where it looks for none. Pure. */
export function readyPath(argv: readonly string[], { uid, cwd, env }: Runner): string | undefined {
  const folder = readyFolder({ env, uid });
  const key = readyKey(new TextEncoder().encode(argv.map((word) => `${word}\0`).join("")), { cwd, env });
  if (folder === undefined || key === undefined) return undefined;
  return `${folder}/${readyName(Bun.hash.adler32(concatBytes(key.stretches)))}`;
}

/** `runtime` is a folder of its own: for root, too, it makes this box another one than everybody else's. */
export function openReadyBox(argv: readonly string[], runtime: string, cwd: string = process.cwd()): ReadyBox {
  mkdirSync(runtime, { recursive: true });
  chmodSync(runtime, 0o700);
  const env = { XDG_RUNTIME_DIR: runtime, NSBOX_READY: "" };
  const path = readyPath(argv, { uid: process.getuid?.() ?? 0, cwd, env: { ...setVariables(), ...env } });
  if (path === undefined) throw new Error(`Cannot measure "${argv.join(" ")}": it is never made ready here`);
  // A new file may have an old one's inode, but not its time too.
  const look = (): string | undefined => {
    const file = statSync(path, { throwIfNoEntry: false });
    return file === undefined ? undefined : `${file.ino} ${file.mtimeMs}`;
  };
  return {
    env,
    path,
    isThere: () => look() !== undefined,
    expectMade: () => {
      const made = look();
      if (made === undefined) throw new Error(`Cannot measure "${argv.join(" ")}": nsbox has left no box ready for it`);
      return () => {
        if (look() !== made) throw new Error(`Cannot measure "${argv.join(" ")}": its ready box was not taken up`);
      };
    },
    [Symbol.dispose]: () => rmSync(path, { force: true }),
  };
}

function setVariables(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
