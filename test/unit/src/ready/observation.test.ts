// The calls that ask again, on machines that are data: one that answers as it did lets them through, any other doesn't.
import { describe, expect, test } from "bun:test";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { RLIM_INFINITY, RLIMIT } from "#ffi/uapi/resource.ts";
import { checkCalls, type Observation, STALE } from "#src/ready/observation.ts";
import { type Asked, comesThrough } from "#test/support/played.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What asks a machine something is answered with; all that a test can change. */
interface Machine {
  readonly results: Readonly<Record<string, number>>;
  readonly modes: Readonly<Record<string, number>>;
  readonly files: Readonly<Record<string, Uint8Array | number>>;
  readonly readError: number | undefined;
  readonly release: string;
  /** Flags of each open file, or -errno. */
  readonly flags: readonly number[];
  readonly folders: readonly number[];
  readonly terminals: readonly number[];
  readonly limit: bigint;
}

const MACHINE: Machine = {
  results: { geteuid: 1000, getegid: 100, landlock_create_ruleset: 7, keyctl: -errnoNumber("ENOKEY"), faccessat2: 0 },
  modes: {
    "/home": 0o40755,
    "/etc/shadow": -errnoNumber("EACCES"),
    "/none": -errnoNumber("ENOENT"),
    "/file": 0o100644,
  },
  files: {
    "/proc/self/oom_score_adj": bytes("0\n"),
    "/proc/self/uid_map": bytes("         0          0 4294967295\n"),
  },
  readError: undefined,
  release: "6.1.0-12",
  flags: [0, 1, 2],
  folders: [],
  terminals: [],
  limit: RLIM_INFINITY,
};

const OBSERVATIONS: readonly Observation[] = [
  { kind: "result", name: "geteuid", args: [], result: 1000 },
  { kind: "result", name: "getegid", args: [], result: 100 },
  { kind: "result", name: "landlock_create_ruleset", args: [0, 0, 1], result: 7 },
  { kind: "works", name: "keyctl", args: [0, -3, 0] },
  { kind: "release", text: "6.1.0-12" },
  { kind: "stream", rule: { fd: 0, access: "read" } },
  { kind: "stream", rule: { fd: 1, access: "write" } },
  { kind: "stream", rule: { fd: 2, access: "both" } },
  { kind: "no terminal" },
  { kind: "no limit" },
  { kind: "path", path: "/home", mode: 0o40755 },
  { kind: "path", path: "/etc/shadow", mode: -errnoNumber("EACCES") },
  { kind: "path", path: "/none", mode: -errnoNumber("ENOENT") },
  { kind: "path", path: "/file", mode: 0o100644 },
  { kind: "result", name: "faccessat2", args: [-100, "/home", 2, 0x200], result: 0 },
  { kind: "file", path: "/proc/self/oom_score_adj", content: bytes("0\n") },
  { kind: "file", path: "/proc/self/uid_map", content: bytes("         0          0 4294967295\n") },
];

const FIRST_FD = 10;

/** Whether all is found as it was; throws where something stays open, or is closed that was not. */
function agrees(machine: Machine, observations: readonly Observation[] = OBSERVATIONS): boolean {
  const open = new Map<number, Uint8Array>();
  const answered = comesThrough(checkCalls(observations), (asked) => answer(machine, open, asked));
  expect([...open.keys()]).toEqual([]);
  return answered;
}

const ANSWERS: Readonly<Record<string, (machine: Machine, asked: Asked, open: Map<number, Uint8Array>) => number>> = {
  getpid: () => 4711,
  statx: ({ modes }, { args, text, write }) => {
    const mode = modes[text(args[1])] ?? -errnoNumber("EIO");
    if (mode < 0) return mode;
    const status = new Uint8Array(256).fill(0xff);
    new DataView(status.buffer).setUint32(28, mode, true);
    write(args[4], status);
    return 0;
  },
  openat: ({ files }, { args, text }, open) => {
    const content = files[text(args[1])] ?? -errnoNumber("EIO");
    if (typeof content === "number") return content;
    open.set(FIRST_FD + open.size, content);
    return FIRST_FD + open.size - 1;
  },
  read: ({ readError }, { args: [fd = -1, at, size], write }, open) => {
    if (readError !== undefined) return readError;
    const read = (open.get(fd) ?? new Uint8Array(0)).subarray(0, size);
    write(at, read);
    return read.length;
  },
  close: (_machine, { args: [fd = -1] }, open) => (open.delete(fd) ? 0 : -errnoNumber("EBADF")),
  uname: ({ release }, { args, write }) => {
    const names = new Uint8Array(390).fill(0);
    names.set(bytes(release), 130);
    write(args[0], names);
    return 0;
  },
  prlimit64: ({ limit }, { args: [, resource], args, write }) => {
    expect(resource).toBe(RLIMIT.FSIZE);
    write(args[3], new Uint8Array(new BigUint64Array([limit, RLIM_INFINITY]).buffer));
    return 0;
  },
  fcntl: ({ flags }, { args: [fd = -1] }) => flags[fd] ?? -errnoNumber("EBADF"),
  faccessat: ({ folders }, { args: [fd = -1] }) => (folders.includes(fd) ? 0 : -errnoNumber("ENOTDIR")),
  ioctl: ({ terminals }, { args: [fd = -1] }) => (terminals.includes(fd) ? 0 : -errnoNumber("ENOTTY")),
};

function answer(machine: Machine, open: Map<number, Uint8Array>, asked: Asked): number {
  const known = ANSWERS[asked.name]?.(machine, asked, open) ?? machine.results[asked.name];
  if (known === undefined) throw new Error(`nobody said what ${asked.name} answers`);
  return known;
}

describe("checkCalls()", () => {
  test("comes through where every answer is as it was", () => {
    expect(agrees(MACHINE)).toBe(true);
    for (const one of OBSERVATIONS) expect(agrees(MACHINE, [one])).toBe(true);
    expect(agrees(MACHINE, [])).toBe(true);
  });

  const results = Object.entries(MACHINE.results).filter(([name]) => name !== "keyctl");

  test.each(results)("is stale where %s answers something else than %d", (name, result) => {
    for (const other of [
      result + 1,
      result - 1,
      -result,
      -errnoNumber("EPERM"),
      -errnoNumber("ENOSYS"),
      -1,
      0x1_0000_0000 + result,
    ])
      if (other !== result) expect(agrees({ ...MACHINE, results: { ...MACHINE.results, [name]: other } })).toBe(false);
  });

  test("only asks of what shall work that it isn't refused", () => {
    const keyctl = (result: number): boolean => agrees({ ...MACHINE, results: { ...MACHINE.results, keyctl: result } });
    expect([0, 5, -errnoNumber("ENOKEY"), -errnoNumber("EACCES")].map(keyctl)).toEqual([true, true, true, true]);
    expect([-errnoNumber("EPERM"), -errnoNumber("ENOSYS")].map(keyctl)).toEqual([false, false]);
  });

  test.each(Object.entries(MACHINE.modes))("is stale where something else stands at %s", (path, mode) => {
    const others = mode < 0 ? [0o40755, 0, -errnoNumber("EIO")] : [-errnoNumber("ENOENT"), -errnoNumber("EACCES")];
    if (mode >= 0) for (let bit = 0; bit < 16; bit++) others.push(mode ^ (1 << bit));
    for (const other of others) expect(agrees({ ...MACHINE, modes: { ...MACHINE.modes, [path]: other } })).toBe(false);
  });

  test.each(Object.entries(MACHINE.files))("is stale where %s says anything else", (path, content) => {
    if (typeof content === "number") throw new Error("no content");
    const others: (Uint8Array | number)[] = [-errnoNumber("ENOENT"), -errnoNumber("EMFILE"), new Uint8Array(0)];
    for (let at = 0; at < content.length; at++) others.push(content.with(at, (content[at] ?? 0) ^ 1));
    for (let length = 0; length < content.length; length++) others.push(content.subarray(0, length));
    for (let more = 1; more < 9; more++) others.push(new Uint8Array([...content, ...new Uint8Array(more)]));
    for (const other of others) expect(agrees({ ...MACHINE, files: { ...MACHINE.files, [path]: other } })).toBe(false);
  });

  test("closes what it has opened, where that can't be read", () => {
    expect(agrees({ ...MACHINE, readError: -errnoNumber("EIO") })).toBe(false);
  });

  test("is stale with another kernel, and where one's name goes on", () => {
    for (const release of ["6.1.0-13", "6.1.0-12a", "6.1.0-123", "6.1.0-1", "", "7.1.0-12"])
      expect(agrees({ ...MACHINE, release })).toBe(false);
    for (const text of ["6", "6.1", "6.1.", "6.1.0", "6.1.0-1"]) {
      expect(agrees({ ...MACHINE, release: text }, [{ kind: "release", text }])).toBe(true);
      expect(agrees(MACHINE, [{ kind: "release", text }])).toBe(false);
    }
  });

  test.each([0, 1, 2])("is stale where stream %d is closed, a folder, or opened in another way", (fd) => {
    const { flags } = MACHINE;
    const changed = (value: number): Machine => ({ ...MACHINE, flags: flags.with(fd, value) });
    for (const access of [0, 1, 2, 3]) expect(agrees(changed(access))).toBe(access === fd);
    // Whatever else it was opened with is nobody's business.
    for (const more of [0o2000, 0o4000, 0o100000, 0x4000_0000, 0x8000_0000])
      expect(agrees(changed(more + fd))).toBe(true);
    expect(agrees(changed(-errnoNumber("EBADF")))).toBe(false);
    expect(agrees({ ...MACHINE, folders: [fd] })).toBe(false);
  });

  test("is stale on a terminal: if standard input and standard output are both one", () => {
    const on = (...terminals: readonly number[]): boolean => agrees({ ...MACHINE, terminals });
    expect([on(0), on(1), on(2), on(1, 2)]).toEqual([true, true, true, true]);
    expect([on(0, 1), on(0, 1, 2)]).toEqual([false, false]);
  });

  test("is stale where files may not be of any size", () => {
    const limits = [0n, 1n, 65536n, 0xffff_ffffn, 0xffff_ffff_0000_0000n, RLIM_INFINITY - 1n];
    for (const limit of limits) expect(agrees({ ...MACHINE, limit })).toBe(false);
  });

  test("says of every call where it goes when it fails: nothing is reported", () => {
    for (const one of checkCalls(OBSERVATIONS)) expect(one.fail).toBeString();
    expect(checkCalls([{ kind: "result", name: "geteuid", args: [], result: 0 }])[0]?.fail).toBe(STALE);
  });
});
