// Boxes as executables, for tests that start them.
import { NSBOX, nsbox, type RunOptions, type RunResult, runCommand, tempDir } from "./nsbox.ts";

/** An executable that goes away with the block it was made in. */
export interface CompiledBox extends Disposable {
  readonly path: string;
  run(words?: readonly string[], options?: RunOptions): Promise<RunResult>;
}

/** Compiles a box; throws with nsbox's words where that fails. */
export async function compiledBox(args: readonly string[], options: RunOptions = {}): Promise<CompiledBox> {
  const dir = tempDir();
  const path = dir.join("box");
  const { stderr, exitCode } = await nsbox(["compile", "-o", path, ...args], options);
  if (exitCode === 0) {
    return {
      path,
      run: (words = [], given = options) => runCommand([path, ...words], given),
      [Symbol.dispose]: () => dir[Symbol.dispose](),
    };
  }
  dir[Symbol.dispose]();
  throw new Error(`Cannot compile ${args.join(" ")} with ${NSBOX}:\n${stderr}`);
}
