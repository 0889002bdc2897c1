// The name that a TLS client gives its server, in the clear, with its first bytes: RFC 8446, 4.1.2, and RFC 6066, 3. Pure.

export type Hello =
  /** Wait for more bytes. */
  | { readonly kind: "more" }
  /** It is no TLS, or names nobody. */
  | { readonly kind: "nameless" }
  | { readonly kind: "name"; readonly name: string }
  /** It begins as TLS and goes on as something else. */
  | { readonly kind: "malformed" };

const RECORD = { HANDSHAKE: 22, HEAD: 5 } as const;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const HANDSHAKE_HEAD = 4;
const VERSION_AND_RANDOM = 34;
/** What clients send is a few kilobytes. */
const HELLO_MAX = 32 * 1024;

/** Reads the beginning of what a box sends to its host. */
export function readClientHello(bytes: Uint8Array): Hello {
  if (bytes.length === 0) return { kind: "more" };
  // A server of TLS takes no record of another major version either.
  if (bytes[0] !== RECORD.HANDSHAKE || (bytes.length > 1 && bytes[1] !== 3)) return { kind: "nameless" };
  const message = joinRecords(bytes);
  if (message === undefined) return { kind: "malformed" };
  if (message.length < HANDSHAKE_HEAD) return waitOr(bytes);
  if (message[0] !== CLIENT_HELLO) return { kind: "malformed" };
  const length = numberAt(message, 1, 3);
  if (length > HELLO_MAX) return { kind: "malformed" };
  if (message.length < HANDSHAKE_HEAD + length) return waitOr(bytes);
  return serverName(message.subarray(HANDSHAKE_HEAD, HANDSHAKE_HEAD + length));
}

function waitOr(bytes: Uint8Array): Hello {
  return bytes.length > 2 * HELLO_MAX ? { kind: "malformed" } : { kind: "more" };
}

/** What the handshake records hold; a message may lie in several. undefined: something else is between them. */
function joinRecords(bytes: Uint8Array): Uint8Array | undefined {
  const parts: number[] = [];
  for (let at = 0; at + RECORD.HEAD <= bytes.length;) {
    const length = numberAt(bytes, at + 3, 2);
    if (bytes[at] !== RECORD.HANDSHAKE || bytes[at + 1] !== 3 || length === 0) {
      // Behind a whole hello other records may follow.
      if (parts.length >= HANDSHAKE_HEAD && parts.length >= HANDSHAKE_HEAD + numberAt(parts, 1, 3)) break;
      return undefined;
    }
    parts.push(...bytes.subarray(at + RECORD.HEAD, at + RECORD.HEAD + length));
    at += RECORD.HEAD + length;
  }
  return Uint8Array.from(parts);
}

function numberAt(bytes: ArrayLike<number>, at: number, size: number): number {
  let number = 0;
  for (let n = 0; n < size; n++) number = number * 256 + (bytes[at + n] ?? 0);
  return number;
}

/** A reader of lengths and what follows them; out of bounds it fails once and for all. */
class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;
  failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  skip(count: number): Uint8Array {
    const part = this.#bytes.subarray(this.#at, this.#at + count);
    if (part.length < count) this.failed = true;
    this.#at += count;
    return part;
  }

  number(size: number): number {
    return numberAt(this.skip(size), 0, size);
  }

  /** A vector: its length in so many bytes, then itself. */
  vector(size: number): Cursor {
    const length = this.number(size);
    return new Cursor(this.skip(length));
  }

  text(): string {
    return String.fromCharCode(...this.#bytes);
  }
}

function serverName(hello: Uint8Array): Hello {
  const cursor = new Cursor(hello);
  cursor.skip(VERSION_AND_RANDOM);
  cursor.vector(1); // session
  cursor.vector(2); // cipher suites
  cursor.vector(1); // compression
  if (cursor.failed) return { kind: "malformed" };
  if (cursor.isAtEnd) return { kind: "nameless" };
  const extensions = cursor.vector(2);
  let found: Hello = { kind: "nameless" };
  while (!extensions.isAtEnd && !extensions.failed) {
    const type = extensions.number(2);
    const body = extensions.vector(2);
    if (type !== SERVER_NAME) continue;
    // Two of them, or two names in it, could be read by the server in another way than here.
    if (found.kind !== "nameless") return { kind: "malformed" };
    const names = body.vector(2);
    const isHost = names.number(1) === HOST_NAME;
    const name = names.vector(2).text();
    if (!isHost || names.failed || body.failed || !names.isAtEnd || name === "") return { kind: "malformed" };
    found = { kind: "name", name };
  }
  return cursor.failed || extensions.failed ? { kind: "malformed" } : found;
}
