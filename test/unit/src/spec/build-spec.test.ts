import { describe, expect, test } from "bun:test";
import { NsboxError } from "#src/error.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import { DEFAULT_CAPABILITIES } from "#src/spec/defaults.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Spec } from "#src/spec/spec.ts";
import { NO_OPTIONS, ROOT_FACTS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const specOf = (options: Partial<RunOptions>, facts: HostFacts = SAMPLE_FACTS): Spec =>
  buildSpec({ ...NO_OPTIONS, ...options }, facts);

const NEW = { kind: "new" } as const;
const HOST = { kind: "host" } as const;
const DIR = { kind: "dir", path: "/srv/rootfs" } as const;
const EMPTY = { kind: "empty" } as const;
const one = (containerID: number, hostID: number, size: number = 1) => ({ containerID, hostID, size });

describe("buildSpec() when nothing is said", () => {
  const spec = specOf({});

  test("makes every namespace new but time", () => {
    expect(spec.linux.namespaces).toEqual({
      user: NEW,
      mnt: NEW,
      pid: NEW,
      ipc: NEW,
      uts: NEW,
      net: NEW,
      cgroup: NEW,
      time: HOST,
    });
  });

  test("keeps Docker's 14 capabilities, none of them inheritable or ambient", () => {
    expect(DEFAULT_CAPABILITIES).toHaveLength(14);
    expect(DEFAULT_CAPABILITIES).not.toContain("CAP_SYS_ADMIN");
    expect(spec.process.capabilities).toEqual({
      bounding: DEFAULT_CAPABILITIES,
      effective: DEFAULT_CAPABILITIES,
      permitted: DEFAULT_CAPABILITIES,
      inheritable: [],
      ambient: [],
    });
  });

  test("is uid 0 in the caller's folder, with no new privileges, no core files and umask 022", () => {
    expect(spec.process).toMatchObject({
      args: ["true"],
      cwd: "/home/ann/project",
      terminal: false,
      user: { uid: 0, gid: 0, additionalGids: [], umask: 0o22 },
      rlimits: [{ type: "RLIMIT_CORE", soft: 1, hard: 1 }],
      noNewPrivileges: true,
    });
  });

  test("shows the host's root, read-only, and a minimal /dev", () => {
    expect(spec.root).toEqual({ source: HOST, writes: { kind: "none" } });
    expect(spec.box).toEqual({
      name: undefined,
      egress: undefined,
      hidden: [],
      protected: [],
      landlock: { files: expect.any(Array), tcp: true },
      network: undefined,
      keyring: true,
      init: true,
      dev: "minimal",
      proc: "fresh",
      timeoutMs: undefined,
      audit: undefined,
      detached: undefined,
      passFds: [],
    });
    expect(spec.hostname).toBe("nsbox");
    expect(spec.linux.maskedPaths).toContain("/proc/kcore");
    expect(spec.linux.readonlyPaths).toContain("/proc/sys");
  });

  test("maps an ordinary caller alone, and every id for root", () => {
    expect(spec.linux).toMatchObject({ uidMappings: [one(0, 1000)], gidMappings: [one(0, 1000)] });
    const all = [one(0, 0, 4294967295)];
    expect(specOf({}, ROOT_FACTS).linux).toMatchObject({ uidMappings: all, gidMappings: all });
  });

  test("for root of a user namespace to the ids that there are in it", () => {
    const facts = { ...ROOT_FACTS, ownUids: [{ start: 0, count: 1 }], ownGids: [{ start: 0, count: 65536 }] };
    expect(specOf({}, facts).linux).toMatchObject({
      uidMappings: [{ containerID: 0, hostID: 0, size: 1 }],
      gidMappings: [{ containerID: 0, hostID: 0, size: 65536 }],
    });
  });
});

describe("buildSpec() of who the command is", () => {
  test.each([
    ["--user 5", { user: { uid: 5, gid: undefined } }, [5, 5]],
    ["--user 5:6", { user: { uid: 5, gid: 6 } }, [5, 6]],
    ["--keep-id", { keepId: true }, [1000, 1000]],
    ["--userns host", { namespaces: { user: HOST } }, [1000, 1000]],
  ] as const)("%s is these ids and holds capabilities only as uid 0", (_flag, options, [uid, gid]) => {
    const { user, capabilities } = specOf(options).process;
    expect([user.uid, user.gid]).toEqual([uid, gid]);
    expect(capabilities).toMatchObject({ effective: [], permitted: [], bounding: DEFAULT_CAPABILITIES });
  });

  test.each([
    ["--user 5:6", { user: { uid: 5, gid: 6 } }, [one(5, 1000)], [one(6, 1000)]],
    ["--keep-id", { keepId: true }, [one(1000, 1000)], [one(1000, 1000)]],
    ["--uid-map alone", { uidMap: [one(0, 9, 3)] }, [one(0, 9, 3)], [one(0, 9, 3)]],
    ["--gid-map alone", { gidMap: [one(0, 9, 3)] }, [one(0, 9, 3)], [one(0, 9, 3)]],
    ["both maps", { uidMap: [one(0, 1)], gidMap: [one(0, 2)] }, [one(0, 1)], [one(0, 2)]],
    ["--subids", { subids: true }, [one(0, 1000), one(1, 100000, 65536)], [one(0, 1000), one(1, 200000, 65536)]],
  ])("%s makes its maps", (_flag, options, uidMappings, gidMappings) => {
    expect(specOf(options).linux).toMatchObject({ uidMappings, gidMappings });
  });

  test("--keep-id keeps root's own id only", () => {
    expect(specOf({ keepId: true }, ROOT_FACTS).linux.uidMappings).toEqual([one(0, 0)]);
  });

  test("--subids puts several ranges behind each other", () => {
    const subuids = [
      { start: 100, count: 5 },
      { start: 900, count: 2 },
    ];
    const { uidMappings } = specOf({ subids: true }, { ...SAMPLE_FACTS, subuids }).linux;
    expect(uidMappings).toEqual([one(0, 1000), one(1, 100, 5), one(6, 900, 2)]);
  });

  test.each([
    [{ subuids: [] }, "/etc/subuid has none for uid 1000"],
    [{ subgids: [] }, "/etc/subgid has none for uid 1000"],
  ])("--subids without ranges names the file: %j", (facts, why) => {
    const attempt = () => specOf({ subids: true }, { ...SAMPLE_FACTS, ...facts });
    expect(attempt).toThrow(`Cannot map subordinate ids: ${why}`);
  });
});

describe("buildSpec() of names, clocks, limits and folders", () => {
  test.each([
    [{ hostname: "a", name: "b" }, "a"],
    [{ name: "b" }, "b"],
    [{ namespaces: { uts: HOST }, name: "b" }, undefined],
  ])("%j has the host name %p", (options, expected) => {
    expect(specOf(options).hostname).toBe(expected);
  });

  test.each([
    [
      { kind: "pid", pid: 42 },
      { kind: "join", path: "/proc/42/ns/net" },
    ],
    [
      { kind: "path", path: "/run/ns" },
      { kind: "join", path: "/run/ns" },
    ],
    [HOST, HOST],
  ] as const)("--net %j becomes %j", (net, expected) => {
    expect(specOf({ namespaces: { net } }).linux.namespaces.net).toEqual(expected);
  });

  test("an offset makes the time namespace new", () => {
    const { linux } = specOf({ monotonicSeconds: -5 });
    expect(linux.namespaces.time).toEqual(NEW);
    expect(linux.timeOffsets).toEqual({ monotonic: -5, boottime: 0 });
  });

  test("--rlimit core replaces the default, other limits join it", () => {
    const core = { type: "RLIMIT_CORE", soft: 7, hard: 7 };
    const nofile = { type: "RLIMIT_NOFILE", soft: 9, hard: 9 };
    expect(specOf({ rlimits: [core] }).process.rlimits).toEqual([core]);
    expect(specOf({ rlimits: [nofile] }).process.rlimits).toEqual([{ ...core, soft: 1, hard: 1 }, nofile]);
  });

  test.each([
    [{ workdir: "src/../x" }, "/x"],
    [{ root: DIR }, "/"],
    [{ root: EMPTY }, "/"],
    [{ root: DIR, workdir: "/y/" }, "/y"],
  ])("%j starts in %j", (options, cwd) => {
    expect(specOf(options).process.cwd).toBe(cwd);
  });

  test("-t and --no-tty win over what the caller's stdin is", () => {
    const facts = { ...SAMPLE_FACTS, terminal: true };
    expect(
      [specOf({}, facts), specOf({ tty: false }, facts), specOf({ tty: true })].map((s) => s.process.terminal),
    ).toEqual([true, false, true]);
  });

  test("the host's PIDs bind the host's /proc, unmasked", () => {
    const { box, linux } = specOf({ namespaces: { pid: HOST } });
    expect(box.proc).toBe("bind");
    expect(linux).toMatchObject({ maskedPaths: [], readonlyPaths: [] });
  });

  test("without a mount namespace /dev is not made either", () => {
    expect(specOf({ namespaces: { mnt: HOST } }).box.dev).toBe("none");
  });
});

describe("buildSpec() of where writes go", () => {
  test.each([
    [{ overlay: true }, { kind: "vanish" }],
    [{ overlayDir: "kept" }, { kind: "keep", dir: "/home/ann/project/kept" }],
    [{ root: DIR }, { kind: "none" }],
    [{ root: DIR, writableRoot: true }, { kind: "through" }],
    [{ root: DIR, overlay: true }, { kind: "vanish" }],
    [{ root: EMPTY }, { kind: "through" }],
  ] as const)("%j has them go: %j", (options, writes) => {
    expect(specOf(options).root.writes).toEqual(writes);
  });

  test("a relative root starts at the current folder", () => {
    expect(specOf({ root: { kind: "dir", path: "../fs" } }).root.source).toEqual({ kind: "dir", path: "/home/ann/fs" });
  });
});

describe("buildSpec() refuses", () => {
  test.each<[Partial<RunOptions>, string]>([
    [{ overlay: true, overlayDir: "/x" }, "Cannot use --overlay and --overlay-dir together"],
    [{ overlay: true, writableRoot: true, root: DIR }, "Cannot use --overlay and --writable-root together"],
    [{ overlayDir: "/x", writableRoot: true, root: DIR }, "Cannot use --overlay-dir and --writable-root together"],
    [{ writableRoot: true }, "Cannot make the host's root writable: --writable-root goes with --root DIR"],
    [{ monotonicSeconds: 1, namespaces: { time: HOST } }, "Cannot set clock offsets: --time is not new"],
    [{ hostname: "a", namespaces: { uts: HOST } }, 'Cannot set the host or domain name to "a": --uts is not new'],
    [{ domainname: "d", namespaces: { uts: { kind: "pid", pid: 1 } } }, 'domain name to "d": --uts is not new'],
    [{ uidMap: [one(0, 0)], namespaces: { user: HOST } }, "Cannot map ids: --userns is not new"],
    [{ keepId: true, namespaces: { user: HOST } }, "Cannot map ids: --userns is not new"],
    [{ root: { kind: "dir", path: "/data/file" } }, 'Cannot use "/data/file" as the root: it is not a folder'],
  ])("%j, with a hint", (options, message) => {
    const attempt = () => specOf(options);
    expect(attempt).toThrow(NsboxError);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ exitCode: 125, hint: expect.stringMatching(/./) }));
  });

  test.each([
    ["missing", "it does not exist"],
    ["denied", "EACCES (Permission denied)"],
    ["device", "it is not a folder"],
  ] as const)("a root folder that is %s", (kind, why) => {
    const facts = { ...SAMPLE_FACTS, paths: { "/srv/rootfs": kind } };
    expect(() => specOf({ root: DIR }, facts)).toThrow(`Cannot use "/srv/rootfs" as the root: ${why}`);
  });
});

describe("what is masked of /proc and /sys", () => {
  const masked = (facts: Partial<HostFacts>) => buildSpec(NO_OPTIONS, { ...SAMPLE_FACTS, ...facts }).linux.maskedPaths;

  test("is what OCI runtimes mask, in their newest lists, and kallsyms", () => {
    // runc spec, containers-common and moby: masked paths.
    const oci = ["acpi", "asound", "interrupts", "kcore", "keys", "latency_stats", "sched_debug", "scsi", "timer_list"];
    const sys = ["/sys/devices/virtual/powercap", "/sys/firmware"];
    expect(masked({})).toEqual(expect.arrayContaining([...oci.map((name) => `/proc/${name}`), ...sys]));
    expect(masked({})).toContain("/proc/kallsyms");
    expect(masked({ throttles: 2 }).slice(-2)).toEqual(
      [0, 1].map((n) => `/sys/devices/system/cpu/cpu${n}/thermal_throttle`),
    );
  });

  test("is more where root would read it", () => {
    expect(masked({})).not.toContain("/proc/slabinfo");
    expect(masked({ uid: 0 })).toContain("/proc/slabinfo");
  });
});
