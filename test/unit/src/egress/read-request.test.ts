import { describe, expect, test } from "bun:test";
import {
  failureAnswer,
  HEAD_MAX,
  readAnswer,
  readRequest,
  type Reading,
  successAnswer,
} from "#src/egress/read-request.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const http = (text: string): Reading => readRequest(bytes(text), false);
const text = (part: Uint8Array): string => new TextDecoder().decode(part);

function requested(reading: Reading): Extract<Reading, { kind: "request" }> {
  if (reading.kind !== "request") throw new Error(`no request: ${JSON.stringify(reading)}`);
  return reading;
}

describe("HTTP to a proxy", () => {
  test("CONNECT names its host and port, and what follows is the box's own", () => {
    const reading = requested(http("CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03"));
    expect(reading).toMatchObject({ protocol: "connect", target: { host: "example.org", port: 443 }, used: 45 });
    expect(requested(http("CONNECT [::1]:8080 HTTP/1.1\r\n\r\n")).target).toEqual({ host: "::1", port: 8080 });
  });

  test("a plain request becomes one for the server, for one answer, with the host that was judged", () => {
    const given =
      "GET http://example.org:81/a?b HTTP/1.1\r\nHost: evil.org\r\nProxy-Authorization: x\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\n";
    const reading = requested(http(given));
    expect(reading.target).toEqual({ host: "example.org", port: 81 });
    expect(text(reading.head)).toBe(
      "GET /a?b HTTP/1.1\r\nHost: example.org:81\r\nAccept: */*\r\nConnection: close\r\n\r\n",
    );
    expect(text(requested(http("GET http://a.b HTTP/1.0\r\n\r\n")).head)).toStartWith(
      "GET / HTTP/1.1\r\nHost: a.b\r\n",
    );
  });

  test("is waited for until its head is whole, and not for ever", () => {
    expect(http("CONNECT example.org:443 HTTP/1.1\r\n")).toMatchObject({ kind: "more", used: 0 });
    expect(http(`GET http://a.b/ HTTP/1.1\r\nX: ${"x".repeat(HEAD_MAX)}`)).toMatchObject({ kind: "bad" });
  });

  test.each([
    ["a request for a server", "GET / HTTP/1.1\r\n\r\n"],
    ["https in a plain request", "GET https://a.b/ HTTP/1.1\r\n\r\n"],
    ["no port to connect to", "CONNECT a.b HTTP/1.1\r\n\r\n"],
    ["a port beyond the last", "CONNECT a.b:65536 HTTP/1.1\r\n\r\n"],
    ["a user before the host", "GET http://me@a.b/ HTTP/1.1\r\n\r\n"],
    ["a line within a header", "GET http://a.b/ HTTP/1.1\r\nX: 1\nHost: c.d\r\n\r\n"],
    ["a folded header", "GET http://a.b/ HTTP/1.1\r\nX: 1\r\n  folded\r\n\r\n"],
    ["another protocol", "SSH-2.0-OpenSSH\r\n\r\n\r\n"],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\n"],
  ])("is refused: %s", (_, given) => {
    expect(http(given)).toMatchObject({ kind: "bad", protocol: "http" });
  });
});

test("a plain answer says that its connection ends, after any 100 Continue", () => {
  const given = bytes("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nETag: x\r\n\r\nbody");
  const answer = readAnswer(given);
  expect(text(answer?.head ?? given)).toBe("HTTP/1.1 200 OK\r\nETag: x\r\nConnection: close\r\n\r\n");
  expect([answer?.used, answer?.isLast]).toEqual([given.length - 4, true]);
  expect(readAnswer(given.subarray(0, 20))).toBeUndefined();
  expect(readAnswer(bytes("HTTP/1.1 100 Continue\r\n\r\nHTTP"))).toMatchObject({ used: 25, isLast: false });
});

describe("SOCKS5", () => {
  test("is greeted, if no password is fine", () => {
    expect(readRequest(new Uint8Array([5, 2, 0, 2]), false)).toEqual({
      kind: "more",
      answer: new Uint8Array([5, 0]),
      used: 4,
    });
    expect(readRequest(new Uint8Array([5, 1, 2]), false)).toMatchObject({ kind: "bad", protocol: "socks5" });
    expect(readRequest(new Uint8Array([5, 2, 0]), false)).toMatchObject({ kind: "more", used: 0 });
  });

  test("names its host by name, IPv4 or IPv6", () => {
    const name = [5, 1, 0, 3, 3, ...bytes("a.b"), 1, 187, 99];
    expect(readRequest(new Uint8Array(name), true)).toMatchObject({ target: { host: "a.b", port: 443 }, used: 10 });
    expect(readRequest(new Uint8Array([5, 1, 0, 1, 1, 2, 3, 4, 0, 80]), true)).toMatchObject({
      target: { host: "1.2.3.4", port: 80 },
    });
    const ip6 = [5, 1, 0, 4, ...new Array(15).fill(0), 1, 0, 80];
    expect(readRequest(new Uint8Array(ip6), true)).toMatchObject({ target: { host: "::1", port: 80 } });
    expect(readRequest(new Uint8Array(name.slice(0, 9)), true)).toMatchObject({ kind: "more" });
  });

  test("may only connect", () => {
    expect(readRequest(new Uint8Array([5, 2, 0, 1, 1, 2, 3, 4, 0, 80]), true)).toMatchObject({ kind: "bad" });
    expect(readRequest(new Uint8Array([5, 1, 0, 9, 1, 2, 3, 4, 0, 80]), true)).toMatchObject({ kind: "bad" });
  });
});

test("answers say in each protocol how it went", () => {
  expect(text(successAnswer("connect"))).toBe("HTTP/1.1 200 Connection established\r\n\r\n");
  expect(text(failureAnswer("connect", "refused", "no"))).toMatch(
    /^HTTP\/1\.1 403 Forbidden\r\n.*Content-Length: 10\r\n.*\r\n\r\nnsbox: no\n$/s,
  );
  expect([...failureAnswer("socks5", "refused", "no")].slice(0, 2)).toEqual([5, 2]);
});
