// What system tests share: the built executable, folders, programs and waits that end with their test.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The executable under test: NSBOX_BIN, or what the build made. */
export const NSBOX: string = process.env["NSBOX_BIN"] ?? join(import.meta.dir, "../../dist/nsbox");

// What a test sees must not depend on what ran before it; test/user/ready.test.ts has boxes kept ready, and asks for it.
process.env["NSBOX_READY"] ??= "0";

/** A box that hangs must end before bun's own limit does, so that its output can still be shown. */
const TIMEOUT_MS = 30_000;

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  /** Replaces the whole environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** 128+N where signal N ended nsbox itself, as shells have it. */
  readonly exitCode: number;
}

/** A process of nsbox that is still running. */
export type RunningNsbox = Bun.Subprocess<"pipe", "pipe", "pipe">;

/** Start nsbox with three pipes and come back at once, for tests that signal it or look at it from outside. */
export function startNsbox(args: readonly string[], options: RunOptions = {}): RunningNsbox {
  return Bun.spawn([NSBOX, ...args], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...(options.env ?? process.env) },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
}

/** Run any command to its end; throws, with the output so far, when it takes longer than it may. */
export async function runCommand(command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = Bun.spawn([...command], {
    stdin: options.stdin === undefined ? "ignore" : new Blob([options.stdin]),
    stdout: "pipe",
    stderr: "pipe",
    env: { ...(options.env ?? process.env) },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  clearTimeout(timer);
  if (late)
    throw new Error(`Cannot wait for "${command.join(" ")}": still running after ${timeoutMs} ms\n${stdout}${stderr}`);
  return { stdout, stderr, exitCode };
}

/** Run nsbox to its end. */
export function nsbox(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return runCommand([NSBOX, ...args], options);
}

/** A folder of the test's own: `using dir = tempDir();`. */
export interface TempDir extends Disposable {
  readonly path: string;
  /** The path of a name below it. */
  join(...names: readonly string[]): string;
}

/** Make an empty folder that others can enter too: a box's user is often another than the test's. */
export function tempDir(): TempDir {
  const path = mkdtempSync(join(tmpdir(), "nsbox-test-"));
  chmodSync(path, 0o755);
  return {
    path,
    join: (...names) => join(path, ...names),
    [Symbol.dispose]: () => {
      // KERNEL: overlayfs makes its work folder with mode 000, which only root can empty as it is.
      if (process.getuid?.() !== 0) Bun.spawnSync(["chmod", "-R", "u+rwX", path], { stderr: "ignore" });
      rmSync(path, { recursive: true, force: true });
    },
  };
}

const POLL_MS = 5;
const LIMIT_MS = 45_000;

/** Ask again and again until the answer is neither false nor undefined, and give it; throws, naming `what`, after 45 s. */
export async function waitFor<T>(
  condition: () => T | false | undefined | Promise<T | false | undefined>,
  what: string,
  limitMs: number = LIMIT_MS,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await condition();
    if (answer !== false && answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`Cannot wait any longer for ${what}: ${limitMs} ms are over`);
    await Bun.sleep(POLL_MS);
  }
}

/** An executable that goes away with the block it was made in. */
export interface CProgram extends Disposable {
  readonly path: string;
}

/** Compile a C program, statically: it also runs where the root file system has no libc. */
export function compileC(source: string, flags: readonly string[] = []): CProgram {
  const dir = tempDir();
  writeFileSync(dir.join("main.c"), source);
  const path = dir.join("main");
  const command = ["gcc", "-static", "-O1", "-Wall", "-Werror", "-o", path, dir.join("main.c"), ...flags];
  const { exitCode, stderr } = Bun.spawnSync(command, { stdio: ["ignore", "ignore", "pipe"] });
  if (exitCode === 0) return { path, [Symbol.dispose]: () => dir[Symbol.dispose]() };
  dir[Symbol.dispose]();
  throw new Error(`Cannot compile the C program:\n${stderr.toString()}`);
}
