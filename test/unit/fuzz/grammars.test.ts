// Grammars under random words: a value that is in order or an NsboxError, and nothing else, ever.
import { describe, expect, test } from "bun:test";
import { parseWhen } from "#src/cli/parse-when.ts";
import { parsePsFilter } from "#src/cli/ps-filter.ts";
import { parseCapabilities } from "#src/spec/grammar/parse-capability.ts";
import { parseDetachKeys } from "#src/spec/grammar/parse-detach-keys.ts";
import { parseLabel, parseLogSize, parseRestart } from "#src/spec/grammar/parse-detach.ts";
import { parseEnv, parseEnvFile } from "#src/spec/grammar/parse-env.ts";
import { parseHostPatterns } from "#src/spec/grammar/parse-host-pattern.ts";
import { parseIdMap } from "#src/spec/grammar/parse-id-map.ts";
import { parseHostname, parseName, parseRlimit, parseUser } from "#src/spec/grammar/parse-identity.ts";
import { parseBind, parseMount, parseTmpfs } from "#src/spec/grammar/parse-mount.ts";
import { parseNamespaceTypes } from "#src/spec/grammar/parse-namespace-types.ts";
import { parseNamespace, parsePinName } from "#src/spec/grammar/parse-namespace.ts";
import {
  parseAddress,
  parseAnyIp,
  parseHostEntry,
  parseMacAddress,
  parseNetwork,
  parsePublish,
  parseSubnetText,
} from "#src/spec/grammar/parse-network.ts";
import { parseDuration, parseSize } from "#src/spec/grammar/parse-number.ts";
import { parseSignalName } from "#src/spec/grammar/parse-signal.ts";
import { usageError } from "#src/spec/grammar/usage-error.ts";
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
  {
    name: "parseHostPatterns",
    pieces: ["a.example", "*.", "*", ":443", ":*", ",", "[::1]", "10.0.0.0/8", "0x7f.1", "é.example", ".", "-", "/"],
    check: (text) => {
      for (const pattern of parseHostPatterns("--allow-host", text)) {
        if (pattern.kind === "name") expect(pattern.name).toMatch(/^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?$/);
        if (pattern.kind === "address") expect(pattern.bits).toBeLessThanOrEqual(128);
        if (typeof pattern.ports === "number") expect(pattern.ports).toBeLessThan(65_536);
      }
    },
  },
  {
    name: "parseNetwork",
    pieces: ["bridge", "pasta", "macvlan", "ipvlan", "container", ":", "web", "eth0", ",", "..", "/", "new", "4711"],
    check: (text) => {
      // What is no network may be a namespace: that grammar has its own row.
      if (parseNetwork(text) === undefined) throw usageError("--net", text, "it is not a network", "write bridge");
    },
  },
  {
    name: "parsePublish",
    pieces: ["8080:80", "53", "127.0.0.1:", "[::1]:", "/udp", "/tcp", ":", "70000", "-"],
    check: (text) => {
      const { hostPort, boxPort } = parsePublish("-p", text);
      for (const port of [hostPort, boxPort]) expect([port > 0, port < 65_536]).toEqual([true, true]);
    },
  },
  {
    name: "parseHostEntry",
    pieces: ["db", ".example", ":", "10.0.0.1", "::1", "fe80::", "_", "-", "\t"],
    check: (text) => expect(parseHostEntry("--add-host", text).name).toMatch(/^[\w.-]+$/),
  },
  {
    name: "parseAddress",
    pieces: ["10.0.0.1", "10.", "0", "255", "256", "/", "24", "33", "::1", ".", "1"],
    check: (text) => expect(parseAddress("--ip", text, 4)).toMatch(/^[\d./]+$/),
  },
  {
    name: "parseAnyIp",
    pieces: ["10.0.0.1", "::", "1", "ffff", ":", ".", "0x7f", "%eth0", "2001:db8::1"],
    check: (text) => expect(parseAnyIp("--dns", text)).toMatch(/^[\da-f.:]+$/),
  },
  {
    name: "parseSubnetText",
    pieces: ["10.50.0.0", "/16", "/", "8", "33", "fd00::", "10.0.0.1"],
    check: (text) => expect(parseSubnetText("--subnet", text, 4)).toMatch(/^[\d.]+\/\d+$/),
  },
  {
    name: "parseMacAddress",
    pieces: ["0a:58:0a:d5:00:02", "0a", "01", ":", "ff", "02:00", ":00:00:00:01", "g"],
    check: (text) => expect(parseMacAddress("--mac", text)).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i),
  },
  {
    name: "parseDetachKeys",
    pieces: ["ctrl-p", "ctrl-q", ",", "a", "ctrl-", "[", "]", "ctrl-@", "é"],
    check: (text) => expect(parseDetachKeys("--detach-keys", text).length).toBeGreaterThan(0),
  },
  {
    name: "parseEnv",
    pieces: ["A", "=", "b", " ", "\0", "LC_", "\n"],
    check: (text) => expect(parseEnv("-e", text).name).toMatch(/^[^=\0]+$/),
  },
  {
    name: "parseEnvFile",
    pieces: ["A=b", "\n", "#", " ", "=", "\0", "export A", "\r", "'"],
    check: (text) => {
      for (const { name } of parseEnvFile(text, "env")) expect(name).toMatch(/^[^=\0\n]+$/);
    },
  },
  {
    name: "parseLabel",
    pieces: ["a", "b/c", "=", "value", ".", "-", "x".repeat(40)],
    check: (text) => expect(parseLabel(text).name).toMatch(/^[\w./-]{1,63}$/),
  },
  {
    name: "parseCapabilities",
    pieces: ["CAP_", "sys_admin", "NET_RAW", "all", ",", "kill", "_"],
    check: (text) => {
      for (const name of parseCapabilities("--cap-add", text)) expect(name).toMatch(/^(ALL|CAP_[A-Z_]+)$/);
    },
  },
  {
    name: "parseUser",
    pieces: [...DIGITS, ":", "root", "+1", "0x1"],
    check: (text) => {
      const { uid, gid = 0 } = parseUser(text);
      for (const id of [uid, gid]) expect([id >= 0, id < 2 ** 32 - 1]).toEqual([true, true]);
    },
  },
  {
    name: "parseSignalName",
    pieces: ["SIG", "TERM", "kill", "RTMIN", "+", "1", "9", "64", "65", "-"],
    check: (text) => {
      const number = parseSignalName("--signal", text);
      expect([number > 0, number < 65]).toEqual([true, true]);
    },
  },
  {
    name: "parseRestart",
    pieces: ["no", "always", "on-failure", ":", ...DIGITS],
    check: (text) => expect(parseRestart(text).kind).toMatch(/^(no|always|on-failure)$/),
  },
  {
    name: "parseLogSize",
    pieces: [...DIGITS, "64k", "10M", "unlimited", "g"],
    check: (text) => {
      const size = parseLogSize(text);
      if (size !== "unlimited") expectCount(size);
    },
  },
  {
    name: "parseWhen",
    pieces: ["2026-11-26", "T12:00", ":00", "Z", "5", "m", "h", ".", "+01:00", "99"],
    check: (text) => expect(Number.isFinite(parseWhen("--since", text, 1e12))).toBe(true),
  },
  {
    name: "parsePsFilter",
    pieces: ["name", "label", "state", "=", "web", "running", "a=b"],
    check: (text) => expect(parsePsFilter(text).key).toMatch(/^(name|label|state)$/),
  },
  {
    name: "parseName",
    pieces: ["a", "web", ".", "..", "/", "-", "_", "x".repeat(30)],
    check: (text) => expect(parseName(text)).toMatch(/^[a-zA-Z0-9][\w.-]{0,62}$/),
  },
  {
    name: "parseHostname",
    pieces: ["a", ".example", " ", "é", "-", "x".repeat(40)],
    check: (text) => expect(parseHostname("--hostname", text)).toMatch(/^[!-~]{1,64}$/),
  },
  {
    name: "parseNamespaceTypes",
    pieces: ["net", "uts", ",", "user", "pid", "x"],
    check: (text) => expect(parseNamespaceTypes("--ns", text).length).toBeGreaterThan(0),
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
