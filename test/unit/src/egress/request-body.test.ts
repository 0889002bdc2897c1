import { describe, expect, test } from "bun:test";
import { BodyReader, type Framing, framingOf } from "#src/egress/request-body.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const text = (part: Uint8Array): string => String.fromCharCode(...part);

describe("framingOf()", () => {
  test("tells how long a body is", () => {
    expect(framingOf(["Accept: */*"])).toEqual({ kind: "none" });
    expect(framingOf(["content-LENGTH:  12 "])).toEqual({ kind: "length", bytes: 12 });
    expect(framingOf(["Transfer-Encoding: Chunked"])).toEqual({ kind: "chunked" });
  });

  test.each([
    [["Content-Length: 5", "Transfer-Encoding: chunked"]],
    [["Content-Length: 5", "Content-Length: 6"]],
    [["Content-Length: 5", "Content-Length: 5"]],
    [["Content-Length: 5, 5"]],
    [["Content-Length: +5"]],
    [["Content-Length: 0x5"]],
    [["Content-Length: -1"]],
    [["Content-Length:"]],
    [["Content-Length : 5"]],
    [["Transfer-Encoding: gzip, chunked"]],
    [["Transfer-Encoding: xchunked"]],
    [["Transfer-Encoding: chunked", "Transfer-Encoding: identity"]],
    [["Transfer-Encoding\u000b: chunked"]],
    [["X: 1", " Content-Length: 5"]],
    [["no colon at all"]],
    [[": no name"]],
  ])("does not settle for %j, which two readers could read in two ways", (headers) => {
    expect(framingOf(headers)).toBeUndefined();
  });
});

/** All that passes of these pieces, and the first refusal. */
function read(framing: Framing, pieces: readonly string[]): { passed: string; refusal: string | undefined } {
  const reader = new BodyReader(framing);
  let [passed, refusal] = ["", undefined as string | undefined];
  for (const piece of pieces) {
    const taken = reader.take(bytes(piece));
    passed += text(taken.pass);
    refusal ??= taken.refusal;
    if (taken.refusal !== undefined && taken.ended) break;
  }
  return { passed, refusal };
}

const CHUNKED: Framing = { kind: "chunked" };
const BODY = "4;name=value\r\nWiki\r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
const SECOND = "a second request on one connection";

describe("BodyReader", () => {
  test("passes a body of known length, and nothing behind it", () => {
    const length: Framing = { kind: "length", bytes: 5 };
    expect(read(length, ["hel", "lo"])).toEqual({ passed: "hello", refusal: undefined });
    expect(read(length, ["helloGET http://c.d/"])).toEqual({ passed: "hello", refusal: SECOND });
    expect(read(length, ["hello", "GET"])).toEqual({ passed: "hello", refusal: SECOND });
    expect(read({ kind: "length", bytes: 0 }, ["G"])).toEqual({ passed: "", refusal: SECOND });
    expect(read({ kind: "none" }, ["G"])).toEqual({ passed: "", refusal: SECOND });
  });

  test("passes chunks as they are, wherever they are cut, and nothing behind them", () => {
    expect(read(CHUNKED, [BODY])).toEqual({ passed: BODY, refusal: undefined });
    expect(read(CHUNKED, [...BODY])).toEqual({ passed: BODY, refusal: undefined });
    for (let at = 1; at < BODY.length; at++)
      expect(read(CHUNKED, [BODY.slice(0, at), `${BODY.slice(at)}GET`])).toEqual({ passed: BODY, refusal: SECOND });
  });

  test.each([
    ["a size that is none", "x\r\n"],
    ["a size with a sign", "+4\r\nWiki\r\n"],
    ["a size of nine digits", "000000004\r\nWiki\r\n"],
    ["a line that ends with a line feed alone", "4\nWiki\r\n"],
    ["a carriage return in a line", "4;\r x\r\n"],
    ["data that is longer than its size", "4\r\nWikipedia\r\n"],
    ["a trailer that is no header", "0\r\nno trailer\r\n\r\n"],
    ["a line without an end", `4;${"x".repeat(5000)}`],
  ])("refuses %s", (_, body) => {
    expect(read(CHUNKED, [body]).refusal).toBe("its chunks are malformed");
    expect(read(CHUNKED, [...body]).refusal).toBe("its chunks are malformed");
  });
});
