// Between the caller's terminal and the box's: raw mode outside, bytes both ways, the window's size.
import { asFd, closeFile, type Fd, writeAll } from "#ffi/libc/fd.ts";
import { pollFiles, type PollEntry } from "#ffi/libc/process.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { F, O } from "#ffi/uapi/fcntl.ts";
import { TC, TIOC } from "#ffi/uapi/ioctl.ts";
import { POLL } from "#ffi/uapi/poll.ts";
import type { DetachKeys } from "./detach-keys.ts";
import { CFLAG, IFLAG, LFLAG, OFLAG, TERMIOS, VCC, WINSIZE } from "#ffi/uapi/termios.ts";

const STDIN = asFd(0);
const STDOUT = asFd(1);
const CHUNK = 64 * 1024;
const EAGAIN = 11;
const EIO = 5;

/** What a person types goes to the box, what it prints to the caller. Restores the terminal on close(). */
export class TerminalRelay {
  readonly #master: Fd;
  readonly #buffer: Uint8Array = new Uint8Array(CHUNK);
  readonly #saved: Uint8Array | undefined;
  #pending: Uint8Array = new Uint8Array(0);
  #input: "open" | "closed" = "open";
  #output: "open" | "closed" = "open";

  readonly #keys: DetachKeys | undefined;

  /** With `keys`, what the box prints is shown by others, and those keys end the relay. */
  constructor(master: Fd, keys?: DetachKeys) {
    this.#master = master;
    this.#keys = keys;
    if (keys !== undefined) this.#output = "closed";
    // A box that doesn't read must not block its supervisor.
    rawSyscall("fcntl", master, F.SETFL, O.RDWR | O.NONBLOCK);
    const saved = new Uint8Array(TERMIOS.size);
    this.#saved = rawSyscall("ioctl", STDIN, TC.GETS, saved) === 0 ? saved : undefined;
    this.resume();
  }

  /** Raw mode and the window's size, at the start and after a stop. */
  resume(): void {
    if (this.#saved !== undefined) rawSyscall("ioctl", STDIN, TC.SETSW, rawMode(this.#saved));
    this.resize();
  }

  /** The caller's own mode again. */
  suspend(): void {
    if (this.#saved !== undefined) rawSyscall("ioctl", STDIN, TC.SETSW, this.#saved);
  }

  /** Gives the box's terminal the size of the caller's; the kernel sends SIGWINCH inside. */
  resize(): void {
    const size = new Uint8Array(WINSIZE.size);
    if (rawSyscall("ioctl", STDIN, TIOC.GWINSZ, size) === 0) rawSyscall("ioctl", this.#master, TIOC.SWINSZ, size);
  }

  /** What to poll for; handle() takes the events in this order. */
  entries(): readonly PollEntry[] {
    const reads = this.#input === "open" && this.#pending.length === 0;
    const master = (this.#output === "open" ? POLL.IN : 0) | (this.#pending.length > 0 ? POLL.OUT : 0);
    return [
      { fd: reads ? STDIN : asFd(-1), events: POLL.IN },
      { fd: master !== 0 ? this.#master : asFd(-1), events: master },
    ];
  }

  handle([input = 0, master = 0]: readonly number[]): void {
    if (input !== 0) this.#readInput();
    if ((master & POLL.OUT) !== 0) this.#writePending();
    if (this.#output === "open" && (master & (POLL.IN | POLL.HUP | POLL.ERR)) !== 0) this.#relayOutput();
  }

  /** What the box printed last, after its end. */
  drain(): void {
    while (this.#output === "open") {
      const [ready = 0] = pollFiles([{ fd: this.#master, events: POLL.IN }], 0);
      if (ready === 0) return;
      this.#relayOutput();
    }
  }

  close(): void {
    this.suspend();
    closeFile(this.#master);
  }

  #readInput(): void {
    const count = rawSyscall("read", STDIN, this.#buffer, CHUNK);
    if (count === -EAGAIN) return;
    if (count > 0) this.#pending = this.#keys?.feed(this.#buffer.slice(0, count)) ?? this.#buffer.slice(0, count);
    else this.#endInput();
    this.#writePending();
  }

  /** The end of a pipe is, on a terminal, its end-of-file character: see termios(3). */
  #endInput(): void {
    this.#input = "closed";
    const mode = new Uint8Array(TERMIOS.size);
    if (rawSyscall("ioctl", this.#master, TC.GETS, mode) !== 0) return;
    this.#pending = mode.slice(TERMIOS.offsets.c_cc + VCC.EOF, TERMIOS.offsets.c_cc + VCC.EOF + 1);
  }

  #writePending(): void {
    if (this.#pending.length === 0) return;
    const count = rawSyscall("write", this.#master, this.#pending, this.#pending.length);
    if (count > 0) this.#pending = this.#pending.subarray(count);
    else if (count !== -EAGAIN) this.#pending = new Uint8Array(0);
  }

  #relayOutput(): void {
    const count = rawSyscall("read", this.#master, this.#buffer, CHUNK);
    if (count > 0) return writeAll(STDOUT, this.#buffer.subarray(0, count));
    // KERNEL: EIO is the end: nobody has the other side open any more.
    if (count === 0 || count === -EIO) this.#output = "closed";
  }
}

/** As cfmakeraw(3) does it. */
function rawMode(saved: Uint8Array): Uint8Array {
  const mode = saved.slice();
  const view = new DataView(mode.buffer);
  const { c_iflag, c_oflag, c_cflag, c_lflag, c_cc } = TERMIOS.offsets;
  const clear = (offset: number, bits: number) => view.setUint32(offset, view.getUint32(offset, true) & ~bits, true);
  const { IGNBRK, BRKINT, PARMRK, ISTRIP, INLCR, IGNCR, ICRNL, IXON } = IFLAG;
  clear(c_iflag, IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
  clear(c_oflag, OFLAG.OPOST);
  clear(c_lflag, LFLAG.ECHO | LFLAG.ECHONL | LFLAG.ICANON | LFLAG.ISIG | LFLAG.IEXTEN);
  clear(c_cflag, CFLAG.CSIZE | CFLAG.PARENB);
  view.setUint32(c_cflag, view.getUint32(c_cflag, true) | CFLAG.CS8, true);
  mode[c_cc + VCC.MIN] = 1;
  mode[c_cc + VCC.TIME] = 0;
  return mode;
}
