// The proxy: serves a socket that listens on a box's loopback, and connects from outside of the box.
import { lookup } from "node:dns/promises";
import { createServer, connect, type Server, type Socket } from "node:net";
import type { Egress } from "#src/spec/egress.ts";
import { normalName } from "#src/spec/grammar/parse-host-pattern.ts";
import type { ConnectionLog } from "./connection-log.ts";
import { Crowd, TOO_MANY, type Visitor } from "./crowd.ts";
import { joinBytes } from "./join-bytes.ts";
import { judgeAddress, judgeServerName, judgeTarget, type Target } from "./policy.ts";
import {
  type Failure,
  failureAnswer,
  HEAD_MAX,
  readAnswer,
  readRequest,
  successAnswer,
  type Reading,
} from "./read-request.ts";
import { bodyFilter, tlsFilter, upload } from "./upload.ts";

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
  const crowd = new Crowd();
  const server = createServer({ allowHalfOpen: true }, (client) => new Conversation(client, options, crowd).begin());
  return server.listen({ fd });
}

/** A fatal alert, as TLS has it for what a policy refuses; see RFC 8446, 6. */
const ACCESS_DENIED = new Uint8Array([21, 3, 3, 0, 2, 2, 49]);

/** One connection of the box: its request, the judgement, then bytes both ways. */
class Conversation implements Visitor {
  readonly #client: Socket;
  readonly #options: ProxyOptions;
  readonly #crowd: Crowd;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #greeted = false;

  constructor(client: Socket, options: ProxyOptions, crowd: Crowd) {
    this.#client = client;
    this.#options = options;
    this.#crowd = crowd;
  }

  begin(): void {
    this.#client.on("error", () => this.#client.destroy());
    // All of it, and not from one byte to the next.
    this.#patience = setTimeout(() => this.leave(`it said nothing in ${REQUEST_MS / 1000} s`), REQUEST_MS);
    this.#client.once("close", () => {
      clearTimeout(this.#patience);
      this.#crowd.exit(this);
    });
    this.#client.on("data", this.#read);
    this.#client.on("end", this.#goodbye);
    this.#crowd.enter(this);
  }

  leave(reason: string): void {
    const port = this.#crowd.mayLookFor(performance.now()) ? this.#client.remotePort : undefined;
    this.#options.log?.bad("http", reason, port);
    this.#client.destroy();
  }

  /** It has left before it said where it wants to go. */
  readonly #goodbye = (): void => {
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
        return this.leave("its head is too long");
      }
      if (reading.used === 0) return;
      this.#client.write(reading.answer);
      this.#bytes = this.#bytes.subarray(reading.used);
      this.#greeted = true;
    }
  };

  #answer(bytes: Uint8Array): void {
    clearTimeout(this.#patience);
    this.#client.off("data", this.#read);
    endGently(this.#client, bytes);
  }

  #go(request: Request): void {
    const { used, protocol, target } = request;
    clearTimeout(this.#patience);
    this.#client.off("data", this.#read);
    this.#client.off("end", this.#goodbye);
    this.#client.pause();
    const first = this.#bytes.subarray(used);
    const entry = this.#options.log?.open(target, protocol, this.#client.remotePort);
    if (!this.#crowd.speak(this)) {
      const { text } = explainFailure(target, new NotReached("refused", TOO_MANY));
      entry?.fail("refused", text);
      return this.#answer(failureAnswer(protocol, "refused", text));
    }
    reach(this.#options.egress, target).then(
      ({ upstream, address }) => this.#join({ upstream, address, request, first, entry }),
      (error: unknown) => {
        const { failure, text } = explainFailure(target, error);
        entry?.fail(failure, text);
        this.#answer(failureAnswer(protocol, failure, text));
      },
    );
  }

  #join({ upstream, address, request, first, entry }: Joined): void {
    const client = this.#client;
    const { protocol, head } = request;
    upstream.on("error", () => client.destroy());
    client.write(successAnswer(protocol));
    if (head.length > 0) upstream.write(head);
    entry?.connected(address);
    let refusal: string | undefined;
    const refused = (reason: string): void => {
      refusal = explainFailure(request.target, new NotReached("refused", reason)).text;
      // Of a plain request the answer still comes; what was behind it is gone.
      if (protocol === "http") this.#options.log?.bad(protocol, refusal, client.remotePort);
      else {
        upstream.destroy();
        endGently(client, ACCESS_DENIED);
      }
    };
    upload({ client, upstream, first, filter: this.#filterOf(request), refused });
    if (protocol === "http") pipeAnswer(upstream, client);
    else upstream.pipe(client);
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => {
      if (refusal !== undefined && protocol !== "http") entry?.fail("refused", refusal);
      else entry?.close(upstream.bytesWritten, upstream.bytesRead);
      endGently(client);
    });
    if (client.destroyed) upstream.destroy();
  }

  #filterOf({ framing, target }: Request): ReturnType<typeof bodyFilter> {
    if (framing !== undefined) return bodyFilter(framing);
    return tlsFilter((name) => {
      const verdict = judgeServerName(this.#options.egress, target, name);
      return verdict.verdict === "refused" ? verdict.reason : undefined;
    });
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
  readonly request: Request;
  /** What came with the request. */
  readonly first: Uint8Array;
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
  // The name as it was judged: not every resolver takes the last dot.
  for (const address of await resolve(normalName(target.host) ?? target.host)) {
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
