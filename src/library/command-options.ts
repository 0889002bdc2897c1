// What is said of one command in a box, checked before anything is started.
import { emptyExec } from "#src/cli/exec-options.ts";
import { NsboxError } from "#src/error.ts";
import type { ExecOptions } from "#src/spec/build-exec.ts";
import { parseEnv } from "#src/spec/grammar/parse-env.ts";
import { parseUser } from "#src/spec/grammar/parse-identity.ts";
import { parseDuration } from "#src/spec/grammar/parse-number.ts";
import { milliseconds, type Pairs, textsOf, unknownOption, type Word, wrongType } from "./box-options.ts";

type In = Bun.Spawn.Writable;
type Out = Bun.Spawn.Readable;

/** What every command may be given. */
export interface CommandOptions {
  /** Where it starts: a path in the box, relative to the box's own. */
  readonly cwd?: string | undefined;
  /** Variables besides those of the box. */
  readonly env?: Pairs | undefined;
  /** "UID" or "UID:GID" inside. */
  readonly user?: Word | undefined;
  /** Ends the command when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the command after that time: milliseconds, or "30s", "5m". */
  readonly timeout?: Word | undefined;
  /** Bytes of stdout, and of stderr, after which the command is ended. */
  readonly maxBuffer?: number | undefined;
}

/** Options of Box.spawn(). Streams as for Bun.spawn: by default stdin is empty, stdout a pipe, stderr this process's. */
export interface SpawnOptions<I extends In, O extends Out, E extends Out> extends CommandOptions {
  readonly stdin?: I;
  readonly stdout?: O;
  readonly stderr?: E;
  /** What `signal`, `timeout` and `maxBuffer` send; SIGKILL unless said. */
  readonly killSignal?: NodeJS.Signals | number | undefined;
}

/** What exec() and run() give to stdin: also a text. */
export type Input = string | Exclude<In, "pipe">;

/** Options of Box.exec(). */
export interface CollectedOptions extends CommandOptions {
  readonly stdin?: Input | undefined;
}

const COMMON: readonly (keyof CommandOptions)[] = ["cwd", "env", "user", "signal", "timeout", "maxBuffer"];
export const SPAWN_NAMES: readonly string[] = [...COMMON, "stdin", "stdout", "stderr", "killSignal"];
export const EXEC_NAMES: readonly string[] = [...COMMON, "stdin"];

/** Throws NsboxError EUSAGE with the nearest name. */
export function checkNames(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) if (!known.includes(name)) throw unknownOption(name, known);
}

/** The words of a command. Throws NsboxError EUSAGE. */
export function checkCommand(command: unknown): readonly string[] {
  const hint = 'give a list of texts, for example ["python3", "x.py"]';
  if (!Array.isArray(command) || !command.every((part): part is string => typeof part === "string"))
    throw new NsboxError("EUSAGE", "Cannot run: the command is not a list of texts", { hint });
  if (command.length === 0 || command[0] === "")
    throw new NsboxError("EUSAGE", "Cannot run: no command is given", { hint });
  const bad = command.find((part) => part.includes("\0"));
  if (bad === undefined) return command;
  throw new NsboxError("EUSAGE", `Cannot run: the word ${JSON.stringify(bad)} holds a NUL byte`, {
    hint: "give such data to stdin, or in a file",
  });
}

/** The same in the words of `nsbox exec`. */
export function execOptions({ cwd, env, user }: CommandOptions): ExecOptions {
  return {
    ...emptyExec(),
    tty: false,
    env: env === undefined ? [] : textsOf("env", "pairs", env).map((text) => parseEnv("--env", text)),
    workdir: cwd,
    user: user === undefined ? undefined : parseUser(String(user)),
  };
}

/** Milliseconds. Throws NsboxError EUSAGE. */
export function timeoutMs(timeout: unknown): number | undefined {
  if (timeout === undefined) return undefined;
  const [text = ""] = textsOf("timeout", "word", timeout, milliseconds);
  return parseDuration("--timeout", text);
}

const MAX_BUFFER = 64 * 1024 * 1024;

/** Bytes; a command whose output is kept can't be let write without end. */
export function maxBytes(maxBuffer: unknown): number {
  if (maxBuffer === undefined) return MAX_BUFFER;
  if (typeof maxBuffer === "number" && maxBuffer >= 0) return maxBuffer;
  throw wrongType("maxBuffer", "a number of bytes");
}

/** For Bun.spawn, which takes no text. */
export function inputOf(stdin: Input | undefined): Exclude<In, "pipe"> {
  if (typeof stdin !== "string") return stdin ?? "ignore";
  return stdin === "inherit" || stdin === "ignore" ? stdin : new TextEncoder().encode(stdin);
}
