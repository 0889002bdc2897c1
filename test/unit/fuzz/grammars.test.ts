// Grammars under random words: a value that is in order or an NsboxError, and nothing else, ever.
import { describe, expect, test } from "bun:test";
import { parseIdMap } from "#src/spec/grammar/parse-id-map.ts";
import { parseRlimit } from "#src/spec/grammar/parse-identity.ts";
import { parseBind, parseMount, parseTmpfs } from "#src/spec/grammar/parse-mount.ts";
import { parseNamespace, parsePinName } from "#src/spec/grammar/parse-namespace.ts";
import { parseDuration, parseSize } from "#src/spec/grammar/parse-number.ts";
import type { MountOption } from "#src/spec/options.ts";
import { randomText, tryRandomly } from "#test/support/random-text.ts";

const DIGITS = ["0", "1", "7", "42", "4294967294", "99999"];
const PATHS = ["/", "/a", "b", "..", ".", "\\:", ":", "\\\\"];

function expectPaths(mount: MountOption): void {
  const paths = mount.kind === "bind" ? [mount.source, mount.destination ?? mount.source] : [mount.destination];
  for (const path of paths) expect(path).toMatch(/^[^\0]+$/);
}

function expectCount(value: number): void {
  expect(Number.isInteger(value)).toBe(true);
  expect(value).toBeGreaterThan(0);
}

interface RandomRow {
  readonly name: string;
  readonly pieces: readonly string[];
  /** Parses and looks at the value. */
  readonly check: (text: string) => void;
}

const ROWS: readonly RandomRow[] = [
  {
    name: "parseIdMap",
    pieces: [...DIGITS, "0:", "7:42:", "1:4294967294:"],
    check: (text) => {
      const { containerID, hostID, size } = parseIdMap("--uid-map", text);
      expect([containerID, hostID, size]).toEqual(text.split(":").map(Number));
      expectCount(size);
      expect(Math.max(containerID, hostID) + size).toBeLessThan(2 ** 32);
    },
  },
  { name: "parseBind", pieces: PATHS, check: (text) => expectPaths(parseBind("--ro", text)) },
  {
    name: "parseTmpfs",
    pieces: [...PATHS, "/a:", "size=", "64m", "mode=", "0755", ",", "ro", "noexec"],
    check: (text) => {
      const mount = parseTmpfs(text);
      expectPaths(mount);
      expect(mount.destination).toMatch(/^\//);
    },
  },
  {
    name: "parseMount",
    pieces: ["type=bind,", "type=tmpfs,", "src=/a,", "dst=/b", "target=/c", ",", "readonly", "=false", "tmpfs-size=1"],
    check: (text) => {
      const mount = parseMount(text);
      expectPaths(mount);
      expect(mount.destination).toMatch(/^\//);
    },
  },
  {
    name: "parseSize",
    pieces: [...DIGITS, "k", "M", "g", "t"],
    check: (text) => expectCount(parseSize("--size", text)),
  },
  {
    name: "parseDuration",
    pieces: [...DIGITS, ".", "ms", "s", "m", "h", "d"],
    check: (text) => expectCount(parseDuration("--timeout", text)),
  },
  {
    name: "parseNamespace",
    pieces: [...DIGITS, "new", "host", "web", "/proc/1/ns/net", ".", "-", "_", "/"],
    check: (text) => {
      const option = parseNamespace("--net", text);
      if (option.kind === "name") expect(option.name).toMatch(/^(?=.*[^0-9])[a-zA-Z0-9][\w.-]*$/);
      if (option.kind === "path") expect(option.path).toMatch(/^\//);
    },
  },
  {
    name: "parsePinName",
    pieces: [...DIGITS, "new", "host", "web", ".", "..", "-", "_", "/"],
    check: (text) => expect(parsePinName(text)).toMatch(/^(?=.*[^0-9])[a-zA-Z0-9][\w.-]{0,62}$/),
  },
  {
    name: "parseRlimit",
    pieces: [...DIGITS, "nofile=", "core=", "rlimit_", "unlimited", ":"],
    check: (text) => {
      const { type, soft, hard } = parseRlimit(text);
      expect(type).toMatch(/^RLIMIT_[A-Z]+$/);
      expect(Number(soft === "unlimited" ? Infinity : soft)).toBeLessThanOrEqual(
        hard === "unlimited" ? Infinity : hard,
      );
    },
  },
];

describe("grammars under random words", () => {
  test.each(ROWS)("$name() gives a value in order or throws an NsboxError", ({ pieces, check }) => {
    const { taken, refused } = tryRandomly((random) => check(randomText(random, pieces)));
    // A mix that only ever fails, or never does, would test nothing.
    expect(taken).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(20);
  });
});
