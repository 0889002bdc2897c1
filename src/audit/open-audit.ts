// --audit, as long as its box runs: the filter's listener and the proxy's refusals come in, lines and a summary go out.
import { asFd, closeFile, type Fd, openFile, openPipe, openSocketPair, writeAll } from "#ffi/libc/fd.ts";
import { type PollEntry, pollFiles } from "#ffi/libc/process.ts";
import { receiveFd } from "#ffi/libc/receive-fd.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { F, O } from "#ffi/uapi/fcntl.ts";
import { POLL } from "#ffi/uapi/poll.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { SeccompListener, Spec } from "#src/spec/spec.ts";
import { Listener } from "./listen.ts";
import { parseHostLines } from "./parse-host-lines.ts";
import { jsonLine, type Refusal } from "./refusal.ts";
import { Tally, type TallyRow } from "./tally.ts";

const NONE = asFd(-1);
const CHUNK = 64 * 1024;

/** The audit of one box. */
export class Audit {
  readonly tally: Tally = new Tally();
  /** The box sends its filter's listener over it; closed by the launcher once the box has its own. */
  readonly listenerSocket: Fd;
  /** The proxy writes what it refuses to it; closed once the proxy has its own. */
  readonly hostsWriter: Fd | undefined;
  readonly #file: Fd | undefined;
  readonly #socket: Fd;
  readonly #arch: HostFacts["arch"];
  readonly #asked: Extract<SeccompListener, { readonly kind: "audit" }> | undefined;
  #hosts: Fd = NONE;
  #rest = "";
  readonly #decoder: TextDecoder = new TextDecoder();
  #listenerFile: Fd = NONE;
  #listener: Listener | undefined;
  #failure: SyscallError | undefined;

  /** Throws NsboxError ESPEC where the file can't be written to. */
  constructor(path: string, { linux: { seccomp }, box }: Spec, { arch }: HostFacts) {
    this.#file = path === "-" ? undefined : openLog(path);
    this.#arch = arch;
    this.#asked = seccomp?.listener?.kind === "audit" ? seccomp.listener : undefined;
    const sockets = openSocketPair();
    this.#socket = sockets.reader;
    this.listenerSocket = sockets.writer;
    if (box.egress === undefined) return;
    const pipe = openPipe();
    this.#hosts = pipe.reader;
    this.hostsWriter = pipe.writer;
    rawSyscall("fcntl", this.#hosts, F.SETFL, O.RDONLY | O.NONBLOCK);
  }

  /** Once the command runs: from here on its refused calls are answered. */
  begin(): void {
    const { verdicts, readsMemory } = this.#asked ?? {};
    if (verdicts === undefined || readsMemory === undefined) return;
    const file = receiveFd(this.#socket);
    if (file === undefined) return;
    this.#listenerFile = file;
    const write = (refusal: Refusal): void => this.#write(refusal);
    this.#listener = new Listener({ file, arch: this.#arch, verdicts, readsMemory, write });
  }

  entries(): readonly PollEntry[] {
    return [
      { fd: this.#listenerFile, events: POLL.IN },
      { fd: this.#hosts, events: POLL.IN },
    ];
  }

  handle([calls = 0, hosts = 0]: readonly number[]): void {
    if ((calls & POLL.IN) !== 0) this.#listener?.answer();
    else if (calls !== 0) this.#listenerFile = this.#closed(this.#listenerFile); // nobody has the filter any more
    if (hosts !== 0) this.#readHosts();
  }

  /** At the end: what is still in the pipe, and the summary as the last line. Returns what was refused. */
  end(): readonly TallyRow[] {
    while (this.#hosts !== NONE) {
      const [ready = 0] = pollFiles([{ fd: this.#hosts, events: POLL.IN }], 0);
      if ((ready & POLL.IN) === 0) break;
      this.#readHosts();
    }
    const { rows } = this.tally;
    this.#append(jsonLine({ time: new Date().toISOString(), kind: "summary", refused: rows }));
    return rows;
  }

  /** Why not everything was written down; undefined: it was. */
  get failure(): string | undefined {
    return this.#failure === undefined ? undefined : explainErrno(this.#failure.errno);
  }

  close(): void {
    for (const file of [this.#listenerFile, this.#hosts, this.#socket, this.#file ?? NONE]) this.#closed(file);
    this.#hosts = NONE;
    this.#listenerFile = NONE;
  }

  #closed(file: Fd): Fd {
    if (file !== NONE) closeFile(file);
    return NONE;
  }

  #readHosts(): void {
    const bytes = new Uint8Array(CHUNK);
    const count = rawSyscall("read", this.#hosts, bytes, bytes.length);
    if (count <= 0) {
      if (count === 0) this.#hosts = this.#closed(this.#hosts);
      return;
    }
    const { refusals, rest } = parseHostLines(
      this.#rest + this.#decoder.decode(bytes.subarray(0, count), { stream: true }),
    );
    this.#rest = rest;
    for (const refusal of refusals) this.#write(refusal);
  }

  #write(refusal: Refusal): void {
    if (this.tally.add(refusal)) this.#append(jsonLine(refusal));
  }

  /** A box is refused whether or not that can be written down: a full disk must not open a door, nor end the box. */
  #append(line: string): void {
    if (this.#file === undefined) return;
    try {
      writeAll(this.#file, new TextEncoder().encode(line));
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      this.#failure ??= error;
    }
  }
}

function openLog(path: string): Fd {
  try {
    return openFile(path, O.WRONLY | O.CREAT | O.APPEND, 0o600);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw new NsboxError("ESPEC", `Cannot use --audit ${JSON.stringify(path)}: ${explainErrno(cause.errno)}`, {
      syscall: cause.syscall,
      errno: cause.errno,
      hint: "give a file in a folder that you can write to",
      cause,
    });
  }
}
