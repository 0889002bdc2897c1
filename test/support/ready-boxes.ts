// Boxes that `run` leaves ready, for tests: where they lie, which there are, and none left when the test ends.
import { chmodSync, existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { tempDir } from "./nsbox.ts";

export interface ReadyBoxes extends Disposable {
  readonly folder: string;
  /** For nsbox: boxes are kept ready, where this looks. */
  readonly env: Readonly<Record<string, string>>;
  /** The files that have come since this was made, by name, with their inodes: another one has been written anew. */
  look(): Readonly<Record<string, number>>;
}

const NAME = /^[a-p]{8}$/;

/** Root's folder is the machine's own: what was there before stays. */
export function openReadyBoxes(): ReadyBoxes {
  const runtime = tempDir();
  chmodSync(runtime.path, 0o700);
  const folder = process.getuid?.() === 0 ? "/run/nsbox/ready" : runtime.join("nsbox/ready");
  const names = (): readonly string[] =>
    existsSync(folder) ? readdirSync(folder).filter((name) => NAME.test(name)) : [];
  const before = new Set(names());
  return {
    folder,
    env: { XDG_RUNTIME_DIR: runtime.path },
    look: () =>
      Object.fromEntries(
        names()
          .filter((name) => !before.has(name))
          .map((name) => [name, statSync(`${folder}/${name}`).ino]),
      ),
    [Symbol.dispose]: () => {
      for (const name of names()) if (!before.has(name)) rmSync(`${folder}/${name}`, { force: true });
      runtime[Symbol.dispose]();
    },
  };
}
