// The proxy: serves a socket that listens on a box's loopback, and connects from outside of the box.
import { lookup } from "node:dns/promises";
import { createServer, connect, type Server, type Socket } from "node:net";
import type { Egress } from "#src/spec/egress.ts";
import type { ConnectionLog } from "./connection-log.ts";
import { judgeAddress, judgeTarget, type Target } from "./policy.ts";
import {
  type Failure,
  failureAnswer,
  HEAD_MAX,
  joinBytes,
  readAnswer,
  readRequest,
  successAnswer,
  type Reading,
} from "./read-request.ts";

export interface ProxyOptions {
  readonly egress: Egress;
  readonly log: ConnectionLog | undefined;
}

type Request = Extract<Reading, { readonly kind: "request" }>;

/** How long a host may take to answer the connection, and a box to say where it wants to go. */
const CONNECT_MS = 30_000;
const REQUEST_MS = 60_000;

/** Serves the listening socket with this descriptor until the process ends. */
export function serveProxy(fd: number, options: ProxyOptions): Server {
  // Half-open: a client that has said all may still wait for the answer.
  const server = createServer({ allowHalfOpen: true }, (client) => new Conversation(client, options).begin());
  return server.listen({ fd });
}

/** One connection of the box: its request, the judgement, then bytes both ways. */
class Conversation {
  readonly #client: Socket;
  readonly #options: ProxyOptions;
  #bytes: Uint8Array = new Uint8Array(0);
  #greeted = false;

  constructor(client: Socket, options: ProxyOptions) {
    this.#client = client;
    this.#options = options;
  }

  begin(): void {
    this.#client.on("error", () => this.#client.destroy());
    this.#client.setTimeout(REQUEST_MS, () => this.#client.destroy());
    this.#client.on("data", this.#read);
    this.#client.on("end", this.#leave);
  }

  /** It has said goodbye before it said where it wants to go. */
  readonly #leave = (): void => {
    this.#client.destroy();
  };

  readonly #read = (chunk: Uint8Array): void => {
    this.#bytes = joinBytes(this.#bytes, chunk);
    for (;;) {
      const reading = readRequest(this.#bytes, this.#greeted);
      if (reading.kind === "bad") {
        this.#options.log?.bad(reading.protocol, reading.reason, this.#client.remotePort);
        return this.#answer(failureAnswer(reading.protocol, "bad", reading.reason));
      }
      if (reading.kind === "request") return this.#go(reading);
      if (this.#bytes.length > HEAD_MAX) {
        this.#options.log?.bad("http", "its head is too long", this.#client.remotePort);
        return void this.#client.destroy();
      }
      if (reading.used === 0) return;
      this.#client.write(reading.answer);
      this.#bytes = this.#bytes.subarray(reading.used);
      this.#greeted = true;
    }
  };

  #answer(bytes: Uint8Array): void {
    this.#client.off("data", this.#read);
    endGently(this.#client, bytes);
  }

  #go(request: Request): void {
    const { head, used, protocol, target } = request;
    this.#client.off("data", this.#read);
    this.#client.off("end", this.#leave);
    this.#client.setTimeout(0);
    this.#client.pause();
    const rest = joinBytes(head, this.#bytes.subarray(used));
    const entry = this.#options.log?.open(target, protocol, this.#client.remotePort);
    reach(this.#options.egress, target).then(
      ({ upstream, address }) => this.#join({ upstream, address, protocol, rest, entry }),
      (error: unknown) => {
        const { failure, text } = explainFailure(target, error);
        entry?.fail(failure, text);
        this.#answer(failureAnswer(protocol, failure, text));
      },
    );
  }

  #join({ upstream, address, protocol, rest, entry }: Joined): void {
    const client = this.#client;
    upstream.on("error", () => client.destroy());
    client.write(successAnswer(protocol));
    if (rest.length > 0) upstream.write(rest);
    client.pipe(upstream);
    if (protocol === "http") pipeAnswer(upstream, client);
    else upstream.pipe(client);
    entry?.connected(address);
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => {
      entry?.close(upstream.bytesWritten, upstream.bytesRead);
      endGently(client);
    });
    if (client.destroyed) upstream.destroy();
  }
}

/** Passes a plain HTTP answer on; its head is changed on the way. */
function pipeAnswer(upstream: Socket, client: Socket): void {
  let bytes: Uint8Array = new Uint8Array(0);
  const read = (chunk: Uint8Array): void => {
    bytes = joinBytes(bytes, chunk);
    for (;;) {
      const answer = readAnswer(bytes);
      if (answer === undefined) return;
      client.write(answer.head);
      bytes = bytes.subarray(answer.used);
      if (answer.isLast) break;
    }
    upstream.off("data", read);
    upstream.off("end", ended);
    if (bytes.length > 0) client.write(bytes);
    upstream.pipe(client);
  };
  const ended = (): void => void client.end(bytes);
  upstream.on("data", read);
  upstream.once("end", ended);
}

/** How long a box may take to read what it was sent last. */
const LINGER_MS = 30_000;

/**
 * Ends with these bytes, and goes on reading until the other side has ended too.
 *
 * KERNEL: a socket that is closed with something unread is reset, and what was written is lost; see tcp(7).
 */
function endGently(client: Socket, bytes?: Uint8Array): void {
  client.unpipe();
  client.setTimeout(LINGER_MS, () => client.destroy());
  client.on("end", () => client.end());
  client.resume();
  if (client.writableEnded) return;
  if (bytes === undefined) client.end();
  else client.end(bytes);
}

interface Joined {
  readonly upstream: Socket;
  readonly address: string;
  readonly protocol: Request["protocol"];
  /** What goes to the host first. */
  readonly rest: Uint8Array;
  readonly entry: ReturnType<ConnectionLog["open"]> | undefined;
}

/** Why a host was not reached; a value, so that it says what the box is to be told. */
class NotReached extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** A connection to the first address that may be had. Throws NotReached. */
async function reach(egress: Egress, target: Target): Promise<{ readonly upstream: Socket; readonly address: string }> {
  const verdict = judgeTarget(egress, target);
  if (verdict.verdict === "refused") throw new NotReached("refused", verdict.reason);
  let failure = new NotReached("unreachable", "it has no address");
  for (const address of await resolve(target.host)) {
    const judged = judgeAddress(egress, target, address);
    if (judged.verdict === "refused") {
      failure = new NotReached("refused", judged.reason);
      continue;
    }
    try {
      // SECURITY: to the address that was judged: a second look-up could give another.
      return { upstream: await connectTo(address, target.port), address };
    } catch (error) {
      failure = new NotReached("unreachable", `${address}: ${errorCode(error)}`);
    }
  }
  throw failure;
}

async function resolve(host: string): Promise<readonly string[]> {
  try {
    const found = await lookup(host, { all: true });
    return found.map(({ address }) => address);
  } catch (error) {
    throw new NotReached("unreachable", `its name is not resolved (${errorCode(error)})`);
  }
}

function connectTo(host: string, port: number): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    const timer = setTimeout(() => socket.destroy(new Error("ETIMEDOUT")), CONNECT_MS);
    socket.once("error", (error) => {
      clearTimeout(timer);
      fail(error);
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      done(socket);
    });
  });
}

function errorCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.message : String(error);
}

function explainFailure({ host, port }: Target, error: unknown): { readonly failure: Failure; readonly text: string } {
  const failure = error instanceof NotReached ? error.failure : "unreachable";
  const verb = failure === "refused" ? "refused" : "not reached";
  return { failure, text: `${JSON.stringify(host).slice(1, -1)}:${port} is ${verb}: ${errorCode(error)}` };
}
