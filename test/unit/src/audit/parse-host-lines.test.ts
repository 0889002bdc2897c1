import { describe, expect, test } from "bun:test";
import { parseHostLines } from "#src/audit/parse-host-lines.ts";

const LINE = {
  time: "2026-01-01T00:00:00.000Z",
  verdict: "refused",
  host: "evil.example",
  port: 443,
  protocol: "connect",
  milliseconds: 1,
  reason: "it is not on the list",
  process: { pid: 7, command: "curl" },
};

describe("parseHostLines()", () => {
  test("takes what was refused, and keeps the beginning of the next line", () => {
    const text = `${JSON.stringify(LINE)}\n${JSON.stringify({ ...LINE, verdict: "allowed" })}\n{"time":`;
    expect(parseHostLines(text)).toEqual({
      refusals: [
        {
          kind: "host",
          time: LINE.time,
          host: LINE.host,
          port: 443,
          reason: LINE.reason,
          process: { pid: 7, command: "curl" },
        },
      ],
      rest: '{"time":',
    });
  });

  test("leaves out what is no line of the proxy's, and never keeps more than a line", () => {
    const odd = ["", "null", "1", "[]", "{}", "{", JSON.stringify({ ...LINE, port: "1" }), "\0"];
    expect(parseHostLines(`${odd.join("\n")}\n${"x".repeat(300_000)}`)).toEqual({ refusals: [], rest: "" });
  });
});
