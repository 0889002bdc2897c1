// Parsers of /proc under random text: processes choose their names, and mounts their paths.
import { describe, expect, test } from "bun:test";
import {
  parseCgroups,
  parseIdRanges,
  parseNamespaceLink,
  parseStartTicks,
  parseStatus,
} from "#src/inspect/proc-text.ts";
import { parseClockOffsets } from "#src/inspect/groups/clocks.ts";
import { parseSysv } from "#src/inspect/groups/ipc.ts";
import { parseLimits } from "#src/inspect/groups/limits.ts";
import { drawTree, findHidden } from "#src/inspect/groups/mounts.ts";
import { parseInet6Addresses, parseInterfaces, parseLocalAddresses } from "#src/inspect/groups/net-interfaces.ts";
import { parseInet6Routes, parseRoutes } from "#src/inspect/groups/net-routes.ts";
import { parseInternet, parseUnix } from "#src/inspect/groups/net-sockets.ts";
import { fileKind, socketInode } from "#src/inspect/groups/open-files.ts";
import { wrapText } from "#src/inspect/render-groups.ts";
import { escapeText } from "#src/inspect/escape-text.ts";
import { diffMounts } from "#src/inspect/diff-mounts.ts";
import { parseEnvNames, parseRlimits } from "#src/inspect/parse-limits.ts";
import { parseMountinfo } from "#src/inspect/parse-mountinfo.ts";
import { parseHiding, parseNamespaceFile, parseNamespaceMounts, parseStat } from "#src/inspect/namespace-text.ts";
import { CASES, randomText, SEED, seededRandom } from "#test/support/random-text.ts";

interface Row {
  readonly name: string;
  readonly pieces: readonly string[];
  /** Parses, looks at the value, and gives a measure of its size. */
  readonly check: (text: string) => number;
}

const NUMBERS = ["0", "1", "42", "4294967295", "-1", "99999999999999999999"];

const ROWS: readonly Row[] = [
  {
    name: "parseStatus",
    pieces: ["Name:\t", "State:\t", "NSpid:\t", "\n", ":", ...NUMBERS, "a b", ")"],
    check: (text) => [...parseStatus(text)].reduce((sum, [name, value]) => sum + name.length + value.length, 0),
  },
  {
    name: "parseIdRanges",
    pieces: [...NUMBERS, " ", "\n", "  ", "\t"],
    check: (text) => {
      const ranges = parseIdRanges(text);
      for (const { inside, outside, size } of ranges)
        for (const number of [inside, outside, size]) expect(Number.isSafeInteger(number)).toBe(true);
      return ranges.length * 3;
    },
  },
  {
    name: "parseCgroups",
    pieces: ["0::/", "\n", "12:cpu,cpuacct:/", ":", "/a:b", "name=systemd", ...NUMBERS],
    check: (text) => {
      const lines = parseCgroups(text);
      for (const { hierarchy } of lines) expect(hierarchy).toBeGreaterThanOrEqual(0);
      return lines.reduce((sum, line) => sum + line.path.length + line.controllers.join("").length, 0);
    },
  },
  {
    name: "parseStartTicks",
    pieces: ["1 (", ")", " S ", ...NUMBERS.map((number) => `${number} `), "(a) b) "],
    check: (text) => {
      const ticks = parseStartTicks(text);
      if (ticks !== undefined) expect(Number.isSafeInteger(ticks)).toBe(true);
      return 0;
    },
  },
  {
    name: "parseStat",
    pieces: ["1 (", ")", " S ", ...NUMBERS.map((number) => `${number} `), "(a) b) ", "\n"],
    check: (text) => {
      const { name, parent } = parseStat(text);
      expect(Number.isSafeInteger(parent)).toBe(true);
      return name.length;
    },
  },
  {
    name: "parseNamespaceFile",
    pieces: ["net:[", "user:[", "socket:[", "/", "]", ...NUMBERS],
    check: (text) => {
      const found = parseNamespaceFile(text);
      if (found !== undefined) expect(text).toBe(`${found.type}:[${/\d+/.exec(text)?.[0]}]`);
      return 0;
    },
  },
  {
    name: "parseNamespaceMounts",
    pieces: ["1 2 0:4 ", "net:[42] ", "/run/a\\040b ", "rw ", "- nsfs nsfs rw", " - nsfs ", "\n", ...NUMBERS],
    check: (text) => parseNamespaceMounts(text).reduce((sum, { path }) => sum + path.length, 0),
  },
  {
    name: "parseHiding",
    pieces: ["1 2 0:4 / /proc rw ", "- proc proc rw,hidepid=2", " - proc ", "hidepid=", ",", "\n", ...NUMBERS],
    check: (text) => parseHiding(text).join("").length,
  },
  {
    name: "parseNamespaceLink",
    pieces: ["net:[", "user:[", "]", ...NUMBERS],
    check: (text) => {
      const inode = parseNamespaceLink(text);
      if (inode !== undefined) expect(text).toContain(`[`);
      return 0;
    },
  },
  {
    name: "parseMountinfo",
    pieces: [
      ...["36 35 98:0 ", "/ ", "/a\\040b ", "\\134", "\\7", "rw,noatime ", "shared:", "master:1 ", "unbindable "],
      ...["- ", "tmpfs ", "none ", "rw\n", "1 2 0:3 / /a rw - t s o\n", " ", ...NUMBERS],
    ],
    check: (text) => {
      const mounts = parseMountinfo(text);
      for (const mount of mounts) {
        for (const id of [mount.id, mount.parent]) expect(Number.isSafeInteger(id)).toBe(true);
        expect(mount.device).toMatch(/^\d+:\d+$/);
      }
      const texts = mounts.flatMap((mount) => [mount.root, mount.mountPoint, mount.source, ...mount.superOptions]);
      // Two halves of a list differ in some mounts, and a list from itself in none.
      for (const item of diffMounts(mounts, mounts.slice(1))) expect(item.name.length).toBeLessThanOrEqual(text.length);
      expect(diffMounts(mounts, mounts).filter(({ state }) => state !== "same")).toEqual([]);
      return texts.join("").length;
    },
  },
  {
    name: "parseRlimits",
    pieces: ["Max open files ", "Max cpu time ", "Max ", "unlimited ", "\n", "   ", "files", ...NUMBERS],
    check: (text) => {
      const limits = parseRlimits(text);
      for (const { soft, hard } of limits) for (const value of [soft, hard]) expect(value).toMatch(/^(\d+|unlimited)$/);
      return limits.length * 8;
    },
  },
  {
    name: "parseEnvNames",
    pieces: ["A=", "B=secret", "\0", "=", "PATH=/bin\0", "x"],
    check: (text) => {
      const names = parseEnvNames(text);
      for (const name of names) expect(name).not.toContain("=");
      return names.join("").length;
    },
  },
  {
    name: "escapeText",
    pieces: ["\x1b[31m", "\x07", "\x9b", "\u202e", "\u2028", "\r", "\t", "a", "\\", "\x7f", "\ud800"],
    check: (text) => {
      const shown = escapeText(text);
      // Control characters, and those that turn the direction of writing, are what must not be left.
      expect(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u.test(shown)).toBe(false);
      return shown.length / 8;
    },
  },
];

const HEX = ["0", "0A", "07", "0100007F", "00000000", "FFFF", "1F90", "f".repeat(32), "0".repeat(32)];
const BLANKS = [" ", "  ", "\t", "\n", ":", "|-- ", "/32 host LOCAL\n", "   "];

/** A parser of lines gives no more rows than there are lines. */
function lines(name: string, pieces: readonly string[], parse: (text: string) => readonly unknown[]): Row {
  return {
    name,
    pieces: [...NUMBERS, ...HEX, ...BLANKS, ...pieces],
    check: (text) => {
      const found = parse(text);
      expect(found.length).toBeLessThanOrEqual(text.split("\n").length);
      expect(JSON.stringify(found)).not.toContain("null"); // what isn't a number
      return 0;
    },
  };
}

const GROUP_ROWS: readonly Row[] = [
  lines("parseLimits", ["Max open files", "unlimited", "bytes"], (text) =>
    parseLimits(text).map(({ soft = 0, hard = 0 }) => [soft, hard]),
  ),
  lines("parseClockOffsets", ["monotonic", "boottime", "1", "7"], parseClockOffsets),
  lines("parseSysv", ["key shmid perms size uid gid nattch", "shmid", "key"], (text) => parseSysv("shm", text)),
  lines("parseInterfaces", ["lo:", "veth1:1 ", " 1".repeat(15)], parseInterfaces),
  lines("parseLocalAddresses", ["127.0.0.1\n", "|-- 10.0.0.1\n   /32 host LOCAL\n", "999.9.9.9"], parseLocalAddresses),
  lines("parseInet6Addresses", ["lo", "eth0"], parseInet6Addresses),
  lines("parseRoutes", ["eth0\t", "00000000\t", "0003\t", "FFFFFF00\t"], parseRoutes),
  lines("parseInet6Routes", ["eth0", `${"0".repeat(32)} 00 `, "00000001"], parseInet6Routes),
  lines("parseInternet", ["0: 0100007F:1F90 ", "0A ", "x y z a 0 b 12 "], (text) => parseInternet("tcp", text)),
  lines("parseUnix", ["00000000: 00000002 00000000 00010000 0001 01 12 ", "/run/x", "@y"], (text) =>
    parseUnix(text).map(({ inode, address }) => [inode, address]),
  ),
  {
    name: "findHidden and drawTree",
    pieces: [
      ...NUMBERS,
      "1 ",
      "2 ",
      "3 ",
      "0:1 / ",
      "/a ",
      "/a/b ",
      "rw ",
      "- tmpfs x rw\n",
      "1 2 0:1 / /a rw - t s rw\n",
    ],
    check: (text) => {
      const mounts = findHidden(parseMountinfo(text));
      expect(drawTree(mounts).length).toBeLessThanOrEqual(mounts.length);
      return 0;
    },
  },
  {
    name: "wrapText",
    pieces: ["a", " ", ",", "word", "long-long-word", "é"],
    check: (text) => {
      const wrapped = wrapText(text, 7);
      for (const line of wrapped) expect(line.length).toBeLessThanOrEqual(7);
      return wrapped.join("").length;
    },
  },
  {
    name: "fileKind and socketInode",
    pieces: ["pipe:[", "socket:[", "]", "/dev/pts/", "/memfd:", " (deleted)", ...NUMBERS],
    check: (text) => {
      expect(fileKind(text)).not.toBe("");
      return socketInode(text) === undefined ? 0 : 1;
    },
  },
];

describe("parsers of /proc under random text", () => {
  test.each([...ROWS, ...GROUP_ROWS])(
    "$name() never throws, and gives no more than it was given",
    ({ pieces, check }) => {
      const random = seededRandom(SEED);
      let longest = 0;
      for (let n = 0; n < CASES; n++) {
        const text = randomText(random, pieces, 40);
        const size = check(text);
        expect(size).toBeLessThanOrEqual(text.length);
        longest = Math.max(longest, text.length);
      }
      expect(longest).toBeGreaterThan(20);
    },
  );
});
