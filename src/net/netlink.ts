// An AF_NETLINK socket: requests that the kernel acknowledges, and dumps. One request at a time.
import { closeFile, asFd, type Fd } from "#ffi/libc/fd.ts";
import { rawSyscall, syscall } from "#ffi/libc/syscall.ts";
import { type ErrnoName, errnoNumber } from "#ffi/uapi/errno.ts";
import {
  type Acknowledgement,
  NETLINK,
  NETLINK_OPTION,
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F,
  NLMSG,
  packRequest,
  parseAcknowledgement,
  parseMessages,
  u32,
} from "#ffi/uapi/netlink.ts";
import { AF, MSG, SOCK, SOL } from "#ffi/uapi/socket.ts";
import { explainErrno, NsboxError } from "#src/error.ts";

const ON: Uint8Array = u32(1);
/** One for all conversations: what is kept of an answer is copied. KERNEL: a dump fills what it is offered, up to 32 KiB. */
const shared: Uint8Array<ArrayBuffer> = new Uint8Array(32 * 1024);
/** How often a dump that changes while it is read is begun anew. */
const DUMPS_MAX = 10;

/** A conversation with one family of the kernel, in the network namespace that its socket was made in. */
export class Netlink implements Disposable {
  readonly #fd: Fd;
  #sequence = 0;

  /** With an own socket, or one that is there, of whichever namespace; it is closed with this. Throws SyscallError. */
  constructor(from: number | { readonly fd: Fd } = NETLINK.ROUTE) {
    this.#fd =
      typeof from === "number"
        ? asFd(syscall("netlink", "socket", AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, from))
        : from.fd;
    for (const option of [NETLINK_OPTION.EXT_ACK, NETLINK_OPTION.CAP_ACK])
      rawSyscall("setsockopt", this.#fd, SOL.NETLINK, option, ON, ON.length);
  }

  [Symbol.dispose](): void {
    closeFile(this.#fd);
  }

  /** What the kernel said, and the messages that came before that. */
  ask(request: NetlinkRequest): { readonly messages: readonly NetlinkMessage[]; readonly said: Acknowledgement } {
    const sequence = ++this.#sequence;
    const bytes = packRequest(request, sequence);
    syscall("netlink", "sendto", this.#fd, bytes, bytes.length, MSG.NOSIGNAL, 0, 0);
    const messages: NetlinkMessage[] = [];
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence) continue;
        if (message.type === NLMSG.ERROR || message.type === NLMSG.DONE)
          return { messages, said: parseAcknowledgement(message) };
        messages.push(message);
      }
    }
  }

  #receive(): readonly NetlinkMessage[] {
    for (;;) {
      const length = rawSyscall("recvfrom", this.#fd, shared, shared.length, 0, 0, 0);
      if (length < 0 && length === -errnoNumber("EINTR")) continue;
      if (length < 0) syscall("netlink", "recvfrom", this.#fd, shared, 0, 0, 0, 0);
      // What is kept must not lie in what the next message is written to.
      return parseMessages(shared.slice(0, length));
    }
  }

  /** `what` completes "Cannot …". false if it failed with one of the errnos named. Throws NsboxError. */
  request(what: string, request: NetlinkRequest, ...tolerated: readonly ErrnoName[]): boolean {
    const { said } = this.ask(request);
    if (said.errno === 0) return true;
    if (tolerated.some((name) => errnoNumber(name) === said.errno)) return false;
    throw refusal(what, said);
  }

  /** One thing, parsed; undefined if it failed with one of the errnos named. Throws NsboxError. */
  find<T>(
    what: string,
    request: NetlinkRequest,
    parse: (message: NetlinkMessage) => T | undefined,
    ...missing: readonly ErrnoName[]
  ): T | undefined {
    const { messages, said } = this.ask(request);
    if (said.errno === 0) return parseAll(messages, parse)[0];
    if (missing.some((name) => errnoNumber(name) === said.errno)) return undefined;
    throw refusal(what, said);
  }

  /** Everything of a kind, parsed. Throws NsboxError. */
  list<T>(what: string, request: NetlinkRequest, parse: (message: NetlinkMessage) => T | undefined): readonly T[] {
    for (let tries = 0; ; tries++) {
      const { messages, said } = this.ask(request);
      if (said.errno !== 0) throw refusal(what, said);
      if (tries === DUMPS_MAX || !isInterrupted(messages)) return parseAll(messages, parse);
    }
  }
}

/** KERNEL: NLM_F_DUMP_INTR says that something changed while it was told. */
function isInterrupted(messages: readonly NetlinkMessage[]): boolean {
  for (const { flags } of messages) if ((flags & NLM_F.DUMP_INTR) !== 0) return true;
  return false;
}

/** What the messages say; those that say nothing of the kind are left out. A loop, as `inspect` runs it once (D-57). */
function parseAll<T>(
  messages: readonly NetlinkMessage[],
  parse: (message: NetlinkMessage) => T | undefined,
): readonly T[] {
  const parsed: T[] = [];
  for (const message of messages) {
    const one = parse(message);
    if (one !== undefined) parsed.push(one);
  }
  return parsed;
}

const HINTS: Readonly<Partial<Record<ErrnoName, string>>> = {
  EPERM: "networks take root: use --net pasta, which needs no privileges",
  EOPNOTSUPP: "this kernel has no such network device, or its module is not loaded",
};

function refusal(what: string, { errno, text }: Acknowledgement): NsboxError {
  const said = text === undefined || text === "" ? "" : `, ${text}`;
  const hint = Object.entries(HINTS).find(([name]) => errnoNumber(name as ErrnoName) === errno)?.[1]; // keys of HINTS
  return new NsboxError("ESETUP", `Cannot ${what}: ${explainErrno(errno)}${said}`, { syscall: "netlink", errno, hint });
}
