// Where the body of a plain HTTP request ends: what a box sends behind that is another request, which nobody has judged.
// See RFC 9112, 6 and 7. Pure.
import { joinBytes } from "./join-bytes.ts";

export type Framing =
  { readonly kind: "none" } | { readonly kind: "length"; readonly bytes: number } | { readonly kind: "chunked" };

/** A header's name and its value; undefined of a line that is none. */
function splitHeader(line: string): readonly [name: string, value: string] | undefined {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
  return match === null ? undefined : [(match[1] ?? "").toLowerCase(), match[2] ?? ""];
}

/**
 * How these headers say where the body ends; undefined where two readers could disagree about it.
 *
 * SECURITY: a length beside chunks, two lengths, or a header that one reader knows and another doesn't, smuggle a request.
 */
export function framingOf(headers: readonly string[]): Framing | undefined {
  const pairs = headers.map(splitHeader);
  if (pairs.includes(undefined)) return undefined;
  const valuesOf = (name: string): readonly string[] => pairs.flatMap((pair) => (pair?.[0] === name ? [pair[1]] : []));
  const [lengths, codings] = [valuesOf("content-length"), valuesOf("transfer-encoding")];
  if (lengths.length + codings.length > 1) return undefined;
  const [length, coding] = [lengths[0], codings[0]];
  if (coding !== undefined) return coding.toLowerCase() === "chunked" ? { kind: "chunked" } : undefined;
  if (length === undefined) return { kind: "none" };
  return /^\d{1,15}$/.test(length) ? { kind: "length", bytes: Number(length) } : undefined;
}

/** What of some bytes belongs to the body. */
export interface Taken {
  readonly pass: Uint8Array;
  /** The body is over, or was malformed: what comes now, or is left of these bytes, is none of it. */
  readonly ended: boolean;
  readonly refusal: string | undefined;
}

const SECOND = "a second request on one connection";
const MALFORMED = "its chunks are malformed";
/** More than this is no line of chunked coding. */
const LINE_MAX = 4096;
const LINE_FEED = 10;

/** Reads a body as it comes, and passes it on as it is. */
export class BodyReader {
  /** Bytes of the present piece that are still to come; undefined: a line of chunked coding is. */
  #left: number | undefined;
  readonly #isChunked: boolean;
  #line: Uint8Array = new Uint8Array(0);
  #part: "size" | "data end" | "trailer" = "size";
  #ended: boolean;

  constructor(framing: Framing) {
    this.#isChunked = framing.kind === "chunked";
    this.#left = framing.kind === "length" ? framing.bytes : undefined;
    this.#ended = framing.kind === "none" || this.#left === 0;
  }

  take(bytes: Uint8Array): Taken {
    let at = 0;
    while (at < bytes.length && !this.#ended) {
      if (this.#left === undefined) {
        const end = bytes.indexOf(LINE_FEED, at);
        const upTo = end === -1 ? bytes.length : end + 1;
        this.#line = joinBytes(this.#line, bytes.subarray(at, upTo));
        at = upTo;
        if (this.#line.length > LINE_MAX) return { pass: new Uint8Array(0), ended: true, refusal: MALFORMED };
        if (end !== -1 && !this.#readLine()) return { pass: new Uint8Array(0), ended: true, refusal: MALFORMED };
      } else {
        const count = Math.min(this.#left, bytes.length - at);
        at += count;
        this.#left -= count;
        if (this.#left > 0) continue;
        if (this.#isChunked) [this.#left, this.#part] = [undefined, "data end"];
        else this.#ended = true;
      }
    }
    return { pass: bytes.subarray(0, at), ended: this.#ended, refusal: at < bytes.length ? SECOND : undefined };
  }

  /** false: it is malformed. */
  #readLine(): boolean {
    const line = String.fromCharCode(...this.#line);
    this.#line = new Uint8Array(0);
    if (!line.endsWith("\r\n") || line.slice(0, -2).includes("\r")) return false;
    const text = line.slice(0, -2);
    switch (this.#part) {
      case "size": {
        const size = /^([0-9a-fA-F]{1,8})(?:[ \t]*;.*)?$/.exec(text)?.[1];
        if (size === undefined) return false;
        const bytes = Number.parseInt(size, 16);
        if (bytes === 0) this.#part = "trailer";
        else this.#left = bytes;
        return true;
      }
      case "data end":
        this.#part = "size";
        return text === "";
      case "trailer":
        this.#ended = text === "";
        return text === "" || splitHeader(text) !== undefined;
    }
  }
}
