// `listenerPath` of a profile: another program answers what the filter asks. It gets the listener and a description of
// the box over its socket, as runc and crun do it: "Seccomp notify" of the OCI runtime specification.
import { asFd, closeFile, type Fd, openSocketPair } from "#ffi/libc/fd.ts";
import { receiveFd } from "#ffi/libc/receive-fd.ts";
import { sendFd } from "#ffi/libc/send-fd.ts";
import { syscall, SyscallError } from "#ffi/libc/syscall.ts";
import { AF, SOCK } from "#ffi/uapi/socket.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import type { SeccompListener, Spec } from "#src/spec/spec.ts";

const OCI_VERSION = "1.2.0";

/** The way of a filter's listener from a box to an agent. */
export class Agent {
  /** The box sends its filter's listener over it; closed by the launcher once the box has its own. */
  readonly listenerSocket: Fd;
  readonly #socket: Fd;
  readonly #connection: Fd;
  readonly #listener: Extract<SeccompListener, { readonly kind: "agent" }>;
  readonly #spec: Spec;

  /** Throws NsboxError ESPEC where nobody listens: before there is a box. */
  constructor(listener: Extract<SeccompListener, { readonly kind: "agent" }>, spec: Spec) {
    this.#listener = listener;
    this.#spec = spec;
    this.#connection = connectTo(listener.path);
    const { reader, writer } = openSocketPair();
    this.#socket = reader;
    this.listenerSocket = writer;
  }

  /** Hands the listener over. Throws NsboxError ESETUP: a box whose calls nobody answers must not go on. */
  begin(pid: number): void {
    const { path, metadata } = this.#listener;
    const file = receiveFd(this.#socket);
    if (file === undefined) return;
    try {
      sendFd(this.#connection, file, new TextEncoder().encode(stateText(this.#spec, pid, metadata)));
    } catch (cause) {
      if (!(cause instanceof SyscallError)) throw cause;
      throw failure("ESETUP", `Cannot hand the filter's listener to ${JSON.stringify(path)}`, cause);
    } finally {
      closeFile(file);
      this.close();
    }
  }

  close(): void {
    closeFile(this.#socket);
    closeFile(this.#connection);
  }
}

/** "The Container Process State" of the OCI runtime specification. */
function stateText({ box, process }: Spec, pid: number, metadata: string | undefined): string {
  const id = box.name ?? `nsbox-${pid}`;
  return JSON.stringify({
    ociVersion: OCI_VERSION,
    fds: ["seccompFd"],
    pid,
    ...(metadata === undefined ? {} : { metadata }),
    state: { ociVersion: OCI_VERSION, id, status: "running", pid, bundle: process.cwd },
  });
}

function connectTo(path: string): Fd {
  const text = new TextEncoder().encode(path);
  const address = new Uint8Array(2 + text.length + 1); // struct sockaddr_un
  address[0] = AF.UNIX;
  address.set(text, 2);
  const socket = asFd(syscall(path, "socket", AF.UNIX, SOCK.STREAM | SOCK.CLOEXEC, 0));
  try {
    syscall(path, "connect", socket, address, address.length);
    return socket;
  } catch (cause) {
    closeFile(socket);
    if (!(cause instanceof SyscallError)) throw cause;
    throw failure("ESPEC", `Cannot ask the agent of the seccomp profile at ${JSON.stringify(path)}`, cause);
  }
}

function failure(code: "ESPEC" | "ESETUP", what: string, cause: SyscallError): NsboxError {
  return new NsboxError(code, `${what}: ${explainErrno(cause.errno)}`, {
    syscall: cause.syscall,
    errno: cause.errno,
    hint: "start the agent first, or leave listenerPath out of the profile",
    cause,
  });
}
