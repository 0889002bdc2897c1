import { describe, expect, test } from "bun:test";
import { readClientHello } from "#src/egress/client-hello.ts";

const u16 = (number: number): number[] => [number >> 8, number & 255];
const vector = (size: 1 | 2, body: readonly number[]): number[] => [
  ...(size === 1 ? [body.length] : u16(body.length)),
  ...body,
];
const nameExtension = (name: string, type = 0): number[] => [
  ...u16(0),
  ...vector(2, vector(2, [type, ...vector(2, [...Buffer.from(name, "latin1")])])),
];
const OTHER_EXTENSION = [...u16(43), ...vector(2, [2, 3, 4])];

/** The handshake message with these extensions. */
function hello(extensions: readonly number[] | undefined): number[] {
  const body = [3, 3, ...new Array(32).fill(7), ...vector(1, [9, 9]), ...vector(2, [19, 1]), ...vector(1, [0])];
  if (extensions !== undefined) body.push(...vector(2, extensions));
  return [1, 0, ...u16(body.length), ...body];
}

/** In records of at most so many bytes. */
function records(message: readonly number[], size = 16_384): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < message.length; at += size) bytes.push(22, 3, 1, ...vector(2, message.slice(at, at + size)));
  return new Uint8Array(bytes);
}

const EXAMPLE = records(hello([...OTHER_EXTENSION, ...nameExtension("example.org")]));

describe("readClientHello()", () => {
  test("finds the name of the server", () => {
    expect(readClientHello(EXAMPLE)).toEqual({ kind: "name", name: "example.org" });
  });

  test("waits for all of it, byte by byte", () => {
    for (let end = 0; end < EXAMPLE.length; end++)
      expect(readClientHello(EXAMPLE.subarray(0, end))).toEqual({ kind: "more" });
  });

  test("finds it in a message that lies in many records", () => {
    const message = hello([...OTHER_EXTENSION, ...nameExtension("example.org")]);
    for (const size of [1, 3, 50])
      expect(readClientHello(records(message, size))).toEqual({ kind: "name", name: "example.org" });
  });

  test("finds it before other records, as of early data", () => {
    const early = [20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 2, 5, 5];
    expect(readClientHello(new Uint8Array([...EXAMPLE, ...early]))).toEqual({ kind: "name", name: "example.org" });
  });

  test("has none to tell of what is no TLS, and of TLS that names nobody", () => {
    expect(readClientHello(Buffer.from("GET / HTTP/1.1\r\n"))).toEqual({ kind: "nameless" });
    expect(readClientHello(Buffer.from("SSH-2.0-OpenSSH_9\r\n"))).toEqual({ kind: "nameless" });
    expect(readClientHello(new Uint8Array([22, 9, 9, 9]))).toEqual({ kind: "nameless" });
    expect(readClientHello(records(hello(OTHER_EXTENSION)))).toEqual({ kind: "nameless" });
    expect(readClientHello(records(hello(undefined)))).toEqual({ kind: "nameless" });
  });

  test.each([
    ["two names", hello([...nameExtension("a.b"), ...nameExtension("c.d")])],
    [
      "two names in one extension",
      hello([0, 0, ...vector(2, vector(2, [0, ...vector(2, [97]), 0, ...vector(2, [98])]))]),
    ],
    ["a name of another type", hello(nameExtension("a.b", 1))],
    ["an empty name", hello(nameExtension(""))],
    ["an extension that is longer than all", hello([0, 0, 255, 255, 1])],
    ["another message", [2, 0, 0, 4, 1, 2, 3, 4]],
    ["a message without an end", [1, 255, 255, 255, ...new Array(100).fill(0)]],
  ])("is not to be misled by %s", (_, message) => {
    expect(readClientHello(records(message))).toEqual({ kind: "malformed" });
  });

  test("does not take another record within the message for a part of it", () => {
    const cut = records(hello(nameExtension("example.org"))).subarray(0, 40);
    expect(
      readClientHello(new Uint8Array([...cut.subarray(0, 3), 0, 10, ...cut.subarray(5, 15), 23, 3, 3, 0, 1, 0])),
    ).toEqual({
      kind: "malformed",
    });
  });

  test("says something of every broken hello, and never throws", () => {
    let seed = 12345;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed % below;
    };
    for (let n = 0; n < 3000; n++) {
      const broken = EXAMPLE.slice();
      for (let k = 0; k <= random(3); k++) broken[1 + random(broken.length - 1)] = random(256);
      expect(["more", "nameless", "name", "malformed"]).toContain(readClientHello(broken).kind);
    }
  });
});
