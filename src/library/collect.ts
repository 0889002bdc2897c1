// A command to its end, with what it has written.

/** What came of a command. Bytes are decoded when they are asked for. */
export class Finished {
  /** The command's own, or 128+N where signal N has ended it. */
  readonly exitCode: number;
  /** The signal that has ended it, where that is known. */
  readonly signalCode: NodeJS.Signals | number | null;
  readonly stdoutBytes: Uint8Array;
  readonly stderrBytes: Uint8Array;
  /** Its time was over. */
  readonly timedOut: boolean;
  /** It was ended since it had written more than `maxBuffer` allows. */
  readonly truncated: boolean;

  constructor(fields: Pick<Finished, (typeof FIELDS)[number]>) {
    this.exitCode = fields.exitCode;
    this.signalCode = fields.signalCode;
    this.stdoutBytes = fields.stdoutBytes;
    this.stderrBytes = fields.stderrBytes;
    this.timedOut = fields.timedOut;
    this.truncated = fields.truncated;
  }

  /** As UTF-8. */
  get stdout(): string {
    return new TextDecoder().decode(this.stdoutBytes);
  }

  get stderr(): string {
    return new TextDecoder().decode(this.stderrBytes);
  }

  /** It ended by itself, with 0. */
  get ok(): boolean {
    return this.exitCode === 0 && this.signalCode === null && !this.timedOut && !this.truncated;
  }
}

const FIELDS = ["exitCode", "signalCode", "stdoutBytes", "stderrBytes", "timedOut", "truncated"] as const;

export interface CollectOptions {
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Of each stream. */
  readonly maxBytes: number;
  /** Ends the command, whatever it does about it. */
  readonly end: () => void;
}

type Child = Bun.Subprocess<Bun.Spawn.Writable, "pipe", "pipe">;

/** Until the command has ended and what it wrote is read. Throws the signal's reason where that has aborted it. */
export async function collect(child: Child, options: CollectOptions): Promise<Finished> {
  const { timeoutMs, signal, maxBytes, end } = options;
  let timedOut = false;
  const late = (): void => {
    timedOut = true;
    end();
  };
  const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
  signal?.addEventListener("abort", end);
  if (signal?.aborted === true) end();
  const streams = [new Collector(child.stdout, maxBytes, end), new Collector(child.stderr, maxBytes, end)] as const;
  try {
    const exitCode = await child.exited;
    await settle(streams);
    signal?.throwIfAborted();
    const [stdoutBytes, stderrBytes] = [streams[0].bytes(), streams[1].bytes()];
    const truncated = streams.some((stream) => stream.overflowed);
    return new Finished({
      exitCode,
      signalCode: child.signalCode,
      stdoutBytes,
      stderrBytes,
      timedOut,
      truncated,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
    for (const stream of streams) if (!stream.ended) await stream.stop();
  }
}

/** For how long nothing may come from a command that has ended before what it left running is no longer listened to. */
const QUIET_MS = 50;

/** Until both streams have ended; or the command alone has, and what it has left running in the box says nothing. */
async function settle(streams: readonly Collector[]): Promise<void> {
  // As it mostly is: a process lets go of its files before its end is told.
  if (streams.every(({ ended }) => ended)) return;
  const all = Promise.all(streams.map((stream) => stream.done));
  for (let before = -1; total(streams) !== before;) {
    before = total(streams);
    if (await within(all, QUIET_MS)) return;
    // What has come in meanwhile is read now: a process that was stopped itself loses nothing.
    for (let turn = 0; turn < 2; turn++) await new Promise((done) => setImmediate(done));
  }
}

/** Whether it is fulfilled in that time. */
function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => done(false), ms);
    promise.then(
      () => {
        clearTimeout(timer);
        done(true);
      },
      (error: unknown) => {
        clearTimeout(timer);
        fail(error);
      },
    );
  });
}

const total = (streams: readonly Collector[]): number => streams.reduce((sum, stream) => sum + stream.length, 0);

/** A reader as far as it is used: Bun's and the DOM's types of one do not agree on the rest. */
interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** Reads a stream until its end, and keeps so many bytes of it. */
class Collector {
  readonly #reader: ByteReader;
  readonly #chunks: Uint8Array[] = [];
  readonly #max: number;
  readonly #overflow: () => void;
  length = 0;
  overflowed = false;
  /** It has been read to its end. */
  ended = false;
  readonly done: Promise<void>;

  constructor(stream: ReadableStream<Uint8Array>, max: number, overflow: () => void) {
    this.#reader = stream.getReader();
    this.#max = max;
    this.#overflow = overflow;
    this.done = this.#read();
  }

  async #read(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done || value === undefined) break;
      const room = this.#max - this.length;
      this.length += value.length;
      if (room > 0) this.#chunks.push(value.subarray(0, room));
      if (this.length <= this.#max || this.overflowed) continue;
      this.overflowed = true;
      this.#overflow();
    }
    this.ended = true;
  }

  bytes(): Uint8Array {
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first !== undefined
      ? first
      : Bun.concatArrayBuffers(this.#chunks, Infinity, true);
  }

  async stop(): Promise<void> {
    await this.#reader.cancel();
    await this.done;
  }
}
