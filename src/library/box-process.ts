// A command in a box, in the manner of Bun.spawn's Subprocess.
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { SIG, type SignalName } from "#ffi/uapi/signal.ts";
import { NsboxError } from "#src/error.ts";
import { FORWARDED_SIGNALS } from "#src/spec/defaults.ts";
import { nearest } from "#src/spec/suggest.ts";
import { parentOf } from "./parent-of.ts";

/** What the process that stands for a command, or for a box, takes for SIGKILL: so it lives to tell how that ended. */
const END = "SIGALRM";

/** A signal by its name or number. Throws NsboxError EUSAGE. */
export function signalNumber(signal: string | number): number {
  if (typeof signal === "number" && Number.isInteger(signal) && signal > 0 && signal <= SIGNAL_MAX) return signal;
  const names = Object.keys(SIG).map((name) => `SIG${name}`);
  const name = String(signal);
  if (names.includes(name)) return SIG[name.slice("SIG".length) as SignalName]; // just looked up
  const near = nearest(name, names);
  throw new NsboxError("EUSAGE", `Cannot use the signal ${JSON.stringify(signal)}: there is no such signal`, {
    hint: near === undefined ? 'write for example "SIGTERM", or its number' : `did you mean ${near}?`,
  });
}

const SIGNAL_MAX = 64;

/** The signal to send to who stands for a command, where that one passes it on or knows what it means. */
export function standInSignal(signal: number): number | typeof END | undefined {
  if (signal === SIG.KILL) return END;
  return FORWARDED_SIGNALS.includes(signal) ? signal : undefined;
}

type In = Bun.Spawn.Writable;
type Out = Bun.Spawn.Readable;

/** A command that runs in a box. Its streams are Bun's own. */
export class BoxProcess<I extends In = In, O extends Out = Out, E extends Out = Out> implements AsyncDisposable {
  /** The command's PID as this process sees it; inside the box it has another. */
  readonly pid: number;
  readonly #standIn: Bun.Subprocess<I, O, E>;

  constructor(pid: number, standIn: Bun.Subprocess<I, O, E>) {
    this.pid = pid;
    this.#standIn = standIn;
  }

  /** See Bun.spawn. */
  get stdin(): Bun.Spawn.WritableToIO<I> {
    return this.#standIn.stdin;
  }

  get stdout(): Bun.Spawn.ReadableToIO<O> {
    return this.#standIn.stdout;
  }

  get stderr(): Bun.Spawn.ReadableToIO<E> {
    return this.#standIn.stderr;
  }

  /** The exit code, or 128+N where signal N has ended it. */
  get exited(): Promise<number> {
    return this.#standIn.exited;
  }

  /** null while it runs, and where a signal has ended it. */
  get exitCode(): number | null {
    return this.#standIn.exitCode;
  }

  /** The signal that has ended it, by name. */
  get signalCode(): NodeJS.Signals | number | null {
    return this.#standIn.signalCode;
  }

  /** A signal of ours has reached it, or it has ended. */
  get killed(): boolean {
    return this.#standIn.killed;
  }

  /** Sends a signal to the command; one that has ended is no error. Throws NsboxError EUSAGE for what is no signal. */
  kill(signal: NodeJS.Signals | number = "SIGTERM"): void {
    const number = signalNumber(signal);
    const standIn = standInSignal(number);
    if (standIn !== undefined) return this.#standIn.kill(standIn);
    if (this.#isThere()) rawSyscall("kill", this.pid, number);
  }

  /** The PID is still the command's: its parent is who stands for it. */
  #isThere(): boolean {
    return this.exitCode === null && this.signalCode === null && parentOf(this.pid) === this.#standIn.pid;
  }

  /** See Bun.spawn: whether this process stays for it. */
  ref(): void {
    this.#standIn.ref();
  }

  unref(): void {
    this.#standIn.unref();
  }

  /** What it has used, and those of its children that it waited for; once it has ended. */
  resourceUsage(): Bun.ResourceUsage | undefined {
    return this.#standIn.resourceUsage();
  }

  /** Ends it with SIGKILL, and waits for that. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.exitCode === null && this.signalCode === null) this.kill("SIGKILL");
    await this.exited;
  }
}
