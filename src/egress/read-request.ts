// What a box asks of its proxy: HTTP CONNECT, a plain HTTP request, or SOCKS5. Pure: bytes in, one request out.
import { formatIp } from "#ffi/uapi/inet.ts";
import type { Target } from "./policy.ts";
import { type Framing, framingOf } from "./request-body.ts";

/** What has been understood so far. */
export type Reading =
  /** Wait for more bytes, after having sent these. */
  | { readonly kind: "more"; readonly answer: Uint8Array; readonly used: number }
  | {
      readonly kind: "request";
      readonly protocol: "connect" | "http" | "socks5";
      readonly target: Target;
      /** Goes to the host first: a request as a server expects it, or nothing. */
      readonly head: Uint8Array;
      /** Where the body of a plain request ends; undefined of what is the box's own to the end. */
      readonly framing: Framing | undefined;
      /** Bytes that have been understood; the rest is the box's first data. */
      readonly used: number;
    }
  | { readonly kind: "bad"; readonly protocol: "http" | "socks5"; readonly reason: string };

const SOCKS_VERSION = 5;
/** More than this is no request's beginning. */
export const HEAD_MAX: number = 64 * 1024;
const NOTHING = new Uint8Array(0);
const MORE: Reading = { kind: "more", answer: NOTHING, used: 0 };

/** Reads the beginning of a connection; `greeted` once the SOCKS greeting has been answered. */
export function readRequest(bytes: Uint8Array, greeted: boolean): Reading {
  if (greeted) return readSocksRequest(bytes);
  if (bytes.length === 0) return MORE;
  return bytes[0] === SOCKS_VERSION ? readSocksGreeting(bytes) : readHttp(bytes);
}

// RFC 1928.
const SOCKS = { CONNECT: 1, IP4: 1, NAME: 3, IP6: 4, NO_METHOD: 0xff } as const;

function readSocksGreeting(bytes: Uint8Array): Reading {
  const end = 2 + (bytes[1] ?? 0);
  if (bytes.length < 2 || bytes.length < end) return MORE;
  if (!bytes.subarray(2, end).includes(0))
    return { kind: "bad", protocol: "socks5", reason: "it wants to log in, and there is nothing to log in to" };
  return { kind: "more", answer: new Uint8Array([SOCKS_VERSION, 0]), used: end };
}

function readSocksRequest(bytes: Uint8Array): Reading {
  const [version, command, , type, first = 0] = bytes;
  if (bytes.length < 5) return MORE;
  if (version !== SOCKS_VERSION) return { kind: "bad", protocol: "socks5", reason: "it is not SOCKS5" };
  if (command !== SOCKS.CONNECT) return { kind: "bad", protocol: "socks5", reason: "only connections are passed on" };
  const [start, length] =
    type === SOCKS.NAME ? [5, first] : type === SOCKS.IP4 ? [4, 4] : type === SOCKS.IP6 ? [4, 16] : [0, 0];
  if (length === 0) return { kind: "bad", protocol: "socks5", reason: "its address is of no known type" };
  const end = start + length;
  if (bytes.length < end + 2) return MORE;
  const host = bytes.subarray(start, end);
  const port = (bytes[end] ?? 0) * 256 + (bytes[end + 1] ?? 0);
  const target = { host: type === SOCKS.NAME ? latin1(host) : formatIp(host), port };
  return { kind: "request", protocol: "socks5", target, head: NOTHING, framing: undefined, used: end + 2 };
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function readHttp(bytes: Uint8Array): Reading {
  const end = endOfHead(bytes);
  if (end === -1) return bytes.length < HEAD_MAX ? MORE : badHttp("its head is too long");
  const [line = "", ...headers] = latin1(bytes.subarray(0, end)).split("\r\n");
  const [method = "", uri = "", version = "", ...rest] = line.split(" ");
  if (!/^HTTP\/1\.[01]$/.test(version) || rest.length > 0 || !/^[A-Z][A-Z-]*$/.test(method))
    return badHttp("it is not HTTP/1.1");
  // SECURITY: what one reader takes for the end of a line and another does not would hide a header.
  if (headers.some((header) => /^[ \t]|[\0\r\n]/.test(header))) return badHttp("a header of it is malformed");
  const used = end + 4;
  if (method === "CONNECT") {
    const target = parseAuthority(uri, undefined);
    if (target === undefined) return badHttp("CONNECT wants HOST:PORT");
    return { kind: "request", protocol: "connect", target, head: NOTHING, framing: undefined, used };
  }
  const framing = framingOf(headers);
  if (framing === undefined) return badHttp("its headers leave open where it ends");
  const parts = /^http:\/\/([^/?#]*)([^#]*)/i.exec(uri);
  const target = parseAuthority(parts?.[1] ?? "", 80);
  if (parts === null || target === undefined)
    return badHttp("it is meant for a server, not for a proxy: http://HOST/…");
  const path = parts[2] ?? "";
  const first = `${method} ${path.startsWith("/") ? path : `/${path}`} HTTP/1.1`;
  const head = serverHead(first, parts[1] ?? "", headers);
  return { kind: "request", protocol: "http", target, head, framing, used };
}

/** Where the empty line is that ends a head. */
function endOfHead(bytes: Uint8Array): number {
  const limit = Math.min(bytes.length, HEAD_MAX) - 3;
  for (let n = 0; n < limit; n++)
    if (bytes[n] === 13 && bytes[n + 1] === 10 && bytes[n + 2] === 13 && bytes[n + 3] === 10) return n;
  return -1;
}

function badHttp(reason: string): Reading {
  return { kind: "bad", protocol: "http", reason };
}

/** Headers for the proxy alone, see RFC 9110, 7.6.1; and Host, which must name what has been judged. */
const OWN_HEADERS = /^(?:connection|proxy-[a-z-]*|keep-alive|te|upgrade|host)\s*:/i;

/** SECURITY: one request a connection, so that the next one, perhaps to another host, is judged anew. */
function serverHead(first: string, host: string, headers: readonly string[]): Uint8Array {
  const kept = headers.filter((header) => !OWN_HEADERS.test(header));
  const text = [first, `Host: ${host}`, ...kept, "Connection: close", "", ""].join("\r\n");
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** "host:port", "[v6]:port"; a user's name and password are no part of it. */
function parseAuthority(text: string, usual: number | undefined): Target | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^[\]:@]+))(?::(\d{1,5}))?$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? usual : Number(match[3]);
  return host === undefined || port === undefined || port < 1 || port > 65535 ? undefined : { host, port };
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What the box gets once its host has answered, before the host's own bytes. */
export function successAnswer(protocol: "connect" | "http" | "socks5"): Uint8Array {
  if (protocol === "socks5") return new Uint8Array([SOCKS_VERSION, 0, 0, SOCKS.IP4, 0, 0, 0, 0, 0, 0]);
  return protocol === "connect" ? encode("HTTP/1.1 200 Connection established\r\n\r\n") : NOTHING;
}

export type Failure = "refused" | "unreachable" | "bad";

const STATUS: Readonly<Record<Failure, string>> = {
  refused: "403 Forbidden",
  unreachable: "502 Bad Gateway",
  bad: "400 Bad Request",
};
/** RFC 1928, 6: not allowed by ruleset, host unreachable, command not supported. */
const SOCKS_REPLY: Readonly<Record<Failure, number>> = { refused: 2, unreachable: 4, bad: 7 };

/** What the box gets instead: an HTTP answer that says why, or SOCKS5's number for it. */
export function failureAnswer(protocol: "connect" | "http" | "socks5", failure: Failure, text: string): Uint8Array {
  if (protocol === "socks5")
    return new Uint8Array([SOCKS_VERSION, SOCKS_REPLY[failure], 0, SOCKS.IP4, 0, 0, 0, 0, 0, 0]);
  const body = `nsbox: ${text}\n`;
  const length = encode(body).length;
  return encode(
    `HTTP/1.1 ${STATUS[failure]}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** Headers by which a server speaks of its own connection. */
const CONNECTION_HEADERS = /^(?:connection|keep-alive|proxy-connection)\s*:/i;

export interface AnswerHead {
  readonly head: Uint8Array;
  /** Bytes of the server's that it stands for. */
  readonly used: number;
  /** false: 100 Continue or its like, and another one follows. */
  readonly isLast: boolean;
}

/**
 * The head of a plain HTTP answer, as the box gets it: it says that the connection ends with this answer.
 *
 * Without that a client keeps it for its next request, and finds it closed. undefined: wait for more bytes. What is
 * no HTTP is left as it is.
 */
export function readAnswer(bytes: Uint8Array): AnswerHead | undefined {
  const end = endOfHead(bytes);
  if (end === -1) return bytes.length < HEAD_MAX ? undefined : { head: bytes, used: bytes.length, isLast: true };
  const [line = "", ...headers] = latin1(bytes.subarray(0, end)).split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1];
  const used = end + 4;
  if (status === undefined) return { head: bytes.subarray(0, used), used, isLast: true };
  // 100 Continue and its like come before the answer itself.
  if (status.startsWith("1") && status !== "101") return { head: bytes.subarray(0, used), used, isLast: false };
  const kept = headers.filter((header) => !CONNECTION_HEADERS.test(header));
  const text = [line, ...kept, "Connection: close", "", ""].join("\r\n");
  return { head: Uint8Array.from(text, (letter) => letter.charCodeAt(0)), used, isLast: true };
}
