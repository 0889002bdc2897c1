// The smaller groups: texts as the kernel writes them, and the words that they become.
import { describe, expect, test } from "bun:test";
import { explainCgroups, findCgroup } from "#src/inspect/groups/cgroups.ts";
import { limitsOf } from "#src/inspect/groups/cgroup-limits.ts";
import { explainClocks, parseClockOffsets } from "#src/inspect/groups/clocks.ts";
import { explainBytes, type Group, mapReadable, type Readable, refused } from "#src/inspect/groups/group.ts";
import { explainAge, parseCommand, startedAt } from "#src/inspect/groups/identity.ts";
import { explainIds, idsOf, insideId, outsideId } from "#src/inspect/groups/ids.ts";
import { parseQueueBytes, parseSysv } from "#src/inspect/groups/ipc.ts";
import { explainLimits, parseLimits } from "#src/inspect/groups/limits.ts";
import { parseUtsname, UTSNAME_BYTES } from "#src/inspect/groups/names.ts";
import { explainNamespaces, type NamespaceView } from "#src/inspect/groups/namespaces.ts";
import { explainOpenFiles, fileKind, type OpenFile, socketInode } from "#src/inspect/groups/open-files.ts";
import {
  type Capabilities,
  explainCapabilitySets,
  isDumpable,
  parseCapabilities,
} from "#src/inspect/groups/privileges.ts";
import { parseMountinfo } from "#src/inspect/parse-mountinfo.ts";
import { refuse } from "#src/inspect/refusal.ts";

/** The cells of a group, a line each. */
function linesOf({ blocks }: Group): readonly string[] {
  return blocks.flatMap((block) =>
    block.kind === "rows"
      ? block.rows.map(({ label, value }) => `${label}: ${value}`)
      : block.rows.map((row) => row.join(" | ")),
  );
}

describe("identity", () => {
  test("a command keeps empty arguments, and has none for a thread of the kernel", () => {
    expect(parseCommand("sh\0-c\0\0")).toEqual(["sh", "-c", ""]);
    expect(parseCommand("")).toEqual([]);
    expect(parseCommand("title without an end")).toEqual(["title without an end"]);
  });

  test("a start is so many ticks after the machine's", () => {
    const stat = `1 (x) S ${Array.from({ length: 18 }, () => 0).join(" ")} 500 0`;
    expect(startedAt(stat, 1_000_000, 10_000)).toBe(995_000);
  });

  test.each([
    [-5, "0 s"],
    [999, "0 s"],
    [61_000, "1 min"],
    [3_600_000, "1 h"],
    [200_000_000, "2 d"],
  ])("%d ms is %p", (ms, words) => {
    expect(explainAge(ms)).toBe(words);
  });
});

describe("ids", () => {
  const map = [{ inside: 0, outside: 1000, size: 1 }];

  test("what an id is inside follows from the map", () => {
    expect(insideId(100_005, [{ inside: 1, outside: 100_000, size: 10 }])).toBe(6);
    expect(insideId(1001, map)).toBeUndefined();
  });

  test("what one is outside follows from it, too", () => {
    const two = [...map, { inside: 1, outside: 100_000, size: 10 }];
    const outside = [0, 1, 10, 11, 65_534].map((id) => outsideId(id, two));
    expect(outside).toEqual([1000, 100_000, 100_009, undefined, undefined]);
    expect(outsideId(0, [])).toBeUndefined();
  });

  test("are said as outside and inside, and all four where they differ", () => {
    const status = new Map([
      ["Uid", "1000\t1000\t1000\t1000"],
      ["Gid", "1\t2\t3\t4"],
      ["Groups", "4 24 "],
    ]);
    const ids = idsOf(status, { uidMap: { value: map }, gidMap: { value: [] }, setgroups: { value: "deny" } });
    expect(linesOf(explainIds(ids))).toEqual([
      "uid: 1000, which is 0 inside",
      "gid: real 1, effective 2, saved 3, file system 4",
      "groups: 4 24",
      "uid map: 0 inside is 1000 outside",
      "gid map: none: every id inside is the overflow id 65534",
      "setgroups: deny",
    ]);
  });
});

describe("namespaces", () => {
  const view = (type: NamespaceView["type"], inode: number, yours: boolean, owner: number): NamespaceView => {
    const creatorUid = type === "user" ? ({ value: 1000 } as const) : undefined;
    return { type, inode, yours, owner: { value: owner }, creatorUid, others: 2 };
  };

  test("say whose they are, who owns them, how many share them, and what is not counted", () => {
    const list = { value: [view("user", 9, false, 1), view("net", 8, false, 9), view("time", 7, true, 1)] };
    expect(linesOf(explainNamespaces({ list, yourUser: 1, unseenProcesses: 3, hidepid: true }))).toEqual([
      "user | 9 | its own | yours | 2 | its ids and capabilities",
      "net | 8 | its own | its own | 2 | devices, addresses, routes, ports",
      "time | 7 | yours | yours | 2 | offsets of its clocks",
      "owner: the user namespace whose root has power over it",
      "maker: uid 1000 made its user namespace",
      "not counted: all of others: /proc is mounted with hidepid",
      "not counted: 3 processes of others",
    ]);
  });
});

describe("privileges", () => {
  test("a set that equals one above it is said once", () => {
    const none: Capabilities = { effective: [], permitted: [], inheritable: [], bounding: [], ambient: [] };
    const some = ["CAP_CHOWN", "CAP_KILL"];
    expect(linesOf(explainCapabilitySets({ ...none, effective: some, permitted: some }))).toEqual([
      "effective: chown kill",
      "permitted: as effective",
      "inheritable: none",
      "bounding: none",
      "ambient: none",
    ]);
  });

  test("sets are read from hexadecimal, and nonsense is none", () => {
    expect(parseCapabilities("0000000000000021")).toEqual(["CAP_CHOWN", "CAP_KILL"]);
    expect(parseCapabilities("xyz")).toEqual([]);
    expect(parseCapabilities(undefined)).toEqual([]);
  });

  test("a process is not dumpable where its folder belongs to another; of root it can't be told", () => {
    expect(isDumpable(1000, 1000)).toBe(true);
    expect(isDumpable(0, 1000)).toBe(false);
    expect(isDumpable(0, 0)).toBeUndefined();
  });
});

test("limits: names of several words, no limit, units", () => {
  const limits = parseLimits(`Limit                     Soft Limit           Hard Limit           Units     
Max stack size            8388608              unlimited            bytes     
Max open files            20000                20000                files     
Max nice priority         0                    0                    
Max cpu time              unlimited            unlimited            seconds   
`);
  expect(limits).toEqual([
    { name: "stack size", soft: 8388608, hard: undefined, unit: "bytes" },
    { name: "open files", soft: 20000, hard: 20000, unit: "files" },
    { name: "nice priority", soft: 0, hard: 0, unit: "" },
    { name: "cpu time", soft: undefined, hard: undefined, unit: "seconds" },
  ]);
  expect(linesOf(explainLimits({ value: limits }))).toEqual([
    "stack size | 8 MiB | none",
    "open files | 20000 | 20000",
    "nice priority | 0 | 0",
    "unlimited: cpu time",
  ]);
});

test("clocks: by name or, in older kernels, by number; ahead and behind", () => {
  const offsets = parseClockOffsets("monotonic           0         0\n7 -86400 500000000\n");
  expect(linesOf(explainClocks({ value: offsets }))).toEqual([
    "monotonic: as the machine's",
    "boottime: 86399.5 s behind",
  ]);
});

test("names: the fields of uname(2), each up to its NUL", () => {
  const bytes = new Uint8Array(UTSNAME_BYTES);
  new TextEncoder().encodeInto("box", bytes.subarray(65));
  new TextEncoder().encodeInto("example", bytes.subarray(5 * 65));
  expect(parseUtsname(bytes)).toEqual({ hostname: "box", domainname: "example" });
});

describe("IPC", () => {
  test("columns are found by their names", () => {
    const text = `       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap
      4711          3   600                  4096    12     0      2  1000   100  1000   100          0          0 1795494000                     0                     0
`;
    expect(parseSysv("shm", text)).toEqual([
      { kind: "shared memory", key: 4711, id: 3, mode: "600", uid: 1000, gid: 100, size: 4096, used: 2 },
    ]);
  });

  test("a queue says how many bytes wait", () => {
    expect(parseQueueBytes("QSIZE:129        NOTIFY:0     SIGNO:0     NOTIFY_PID:0\n")).toBe(129);
  });
});

describe("cgroups", () => {
  const mounts = parseMountinfo(`31 1 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
32 1 0:29 /user /mnt/cg\\040part rw - cgroup cgroup rw,cpu,cpuacct`);

  test.each([
    [{ hierarchy: 0, controllers: [], path: "/" }, "/sys/fs/cgroup"],
    [{ hierarchy: 0, controllers: [], path: "/a/b" }, "/sys/fs/cgroup/a/b"],
    [{ hierarchy: 0, controllers: [], path: "/../x" }, undefined],
    [{ hierarchy: 3, controllers: ["cpu"], path: "/user/me" }, "/mnt/cg part/me"],
    [{ hierarchy: 3, controllers: ["cpu"], path: "/other" }, undefined],
    [{ hierarchy: 4, controllers: ["memory"], path: "/user" }, undefined],
  ])("%j lies in %p", (line, folder) => {
    expect(findCgroup(line, mounts)).toBe(folder);
  });

  test("limits and use are said in units", () => {
    const files = {
      "memory.current": "1048576",
      "memory.max": "max",
      "pids.current": "3",
      "pids.max": "64",
      "cpu.max": "50000 100000",
      "cpu.stat": "usage_usec 1500000\nuser_usec 1",
      "cgroup.freeze": "1",
    };
    const view = { hierarchy: 0, controllers: [], path: "/x", version: 2, folder: "/f", files, above: [] } as const;
    expect(linesOf(explainCgroups({ value: [view] }))).toEqual([
      "version 2: /x",
      "memory: 1 MiB of no limit",
      "processes: 3 of 64",
      "processor: 0.5 processors",
      "cpu used: 1.5 s",
      "frozen: yes",
    ]);
  });

  test("limits of version 1 and of the groups above are said, too", () => {
    const files = { "memory.usage_in_bytes": "1048576", "memory.limit_in_bytes": "9223372036854771712" };
    const above = [{ path: "/up", files: { "memory.limit_in_bytes": "2097152" } }];
    const memory = { hierarchy: 3, controllers: ["memory"], path: "/up/x", version: 1, folder: "/f", files } as const;
    const quota = { "cpu.cfs_quota_us": "150000", "cpu.cfs_period_us": "100000" };
    const cpu = { ...memory, controllers: ["cpu"], files: quota, above: [] };
    const pids = { ...cpu, controllers: ["pids"], files: { "pids.current": "2", "pids.max": "max" } };
    expect(linesOf(explainCgroups({ value: [{ ...memory, above }, cpu, pids] }))).toEqual([
      "version 1: /up/x",
      "memory: 1 MiB of no limit",
      "above: /up: memory 2 MiB",
      "processor: 1.5 processors",
      "processes: 2 of no limit",
    ]);
  });

  test.each([
    [{ "memory.max": "max", "pids.max": "max", "cpu.max": "max 100000" }, []],
    [{ "memory.limit_in_bytes": "9223372036854771712", "cpu.cfs_quota_us": "-1" }, []],
    [{ "memory.max": "1048576", "pids.max": "0" }, ["memory 1 MiB", "processes 0"]],
    [{ "cpu.max": "50000 100000" }, ["processor time 0.5 processors"]],
    [{ "cpu.cfs_quota_us": "50000", "cpu.cfs_period_us": "100000" }, ["processor time 0.5 processors"]],
    [{ "memory.max": "", "pids.max": "no number" }, []],
  ])("%j limits %j", (files, limits) => {
    expect(limitsOf(files).map(({ of, value }) => `${of} ${value}`)).toEqual(limits);
  });
});

describe("open files", () => {
  test.each([
    ["/etc/passwd", "file"],
    ["/tmp/x (deleted)", "deleted file"],
    ["/dev/null", "device"],
    ["/dev/pts/3", "terminal"],
    ["pipe:[42]", "pipe"],
    ["socket:[42]", "socket"],
    ["/memfd:x (deleted)", "memory"],
    ["net:[4026531840]", "namespace"],
    ["anon_inode:[eventpoll]", "kernel object"],
    ["/home/pipe:[42]", "file"],
  ])("%p is a %s", (target, kind) => {
    expect(fileKind(target)).toBe(kind as ReturnType<typeof fileKind>); // test.each widens the literal
  });

  test("are grouped by kind, a listening socket by what it listens on, and many are counted", () => {
    const file = (fd: number, target: string): OpenFile => ({ fd, target, kind: fileKind(target) });
    const many = Array.from({ length: 10 }, (_, n) => file(n + 10, `/f${n}`));
    const list: Readable<readonly OpenFile[]> = { value: [file(3, "socket:[7]"), file(4, "socket:[8]"), ...many] };
    expect(linesOf(explainOpenFiles(list, new Map([[7, "listens on tcp :80"]])))).toEqual([
      "2 sockets: 3 listens on tcp :80, 4 socket:[8]",
      `10 files: ${many
        .slice(0, 8)
        .map(({ fd, target }) => `${fd} ${target}`)
        .join(", ")} and 2 more`,
    ]);
    expect(socketInode("socket:[7]")).toBe(7);
    expect(socketInode("pipe:[7]")).toBeUndefined();
  });
});

describe("refuse()", () => {
  const subject = { uid: 1000, zombie: false, kernelThread: false, dumpable: true, yourUid: 1001 };
  const words = (errno: number, more: object = {}): string => {
    const readable = refuse<never>(errno, { ...subject, ...more });
    return "value" in readable ? "" : refused(readable);
  };

  test.each([
    [{}, "uid 1000 or root may"],
    [{ yourUid: 1000 }, "it has privileges that you have not: root may"],
    [{ yourUid: 1000, dumpable: false }, "the process is not dumpable, so that only root may"],
    [{ yourUid: 0 }, "more privileges are needed than you have here"],
    [{ yourUid: 0, uid: 0 }, "it has capabilities that you have not"],
    [{ yourUid: 7, uid: 0 }, "root may"],
  ])("with %j: %s", (more, help) => {
    expect(words(13, more)).toEndWith(help);
    expect(words(13, more)).toStartWith("not readable (EACCES): ");
  });

  test("tells a zombie and a thread of the kernel from what this kernel hasn't got", () => {
    expect(words(2, { zombie: true })).toContain("it has ended (zombie)");
    expect(words(2, { kernelThread: true })).toContain("a thread of the kernel");
    expect(words(2)).toContain("or this kernel does not show it");
  });

  test("stays as it is when it is mapped", () => {
    const readable = refuse<number>(13, subject);
    expect(mapReadable(readable, (number) => number + 1)).toEqual(readable as Readable<number>);
  });
});

test.each([
  [0, "0 B"],
  [1536, "1.5 KiB"],
  [4096, "4 KiB"],
  [2 ** 30 * 250, "250 GiB"],
])("explainBytes(%d) is %p", (bytes, words) => {
  expect(explainBytes(bytes)).toBe(words);
});
