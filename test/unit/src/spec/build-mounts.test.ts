import { describe, expect, test } from "bun:test";
import { buildSpec } from "#src/spec/build-spec.ts";
import { hiddenFolders } from "#src/spec/build-mounts.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { parseBind, parseMount, parseTmpfs } from "#src/spec/grammar/parse-mount.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Mount } from "#src/spec/spec.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

function mountsOf(options: Partial<RunOptions>, facts: Partial<HostFacts> = {}): readonly Mount[] {
  return buildSpec({ ...NO_OPTIONS, ...options }, { ...SAMPLE_FACTS, ...facts }).mounts;
}

/** "tmpfs /tmp", "ro /data": a list of mounts to read at a glance. */
function textOf(mount: Mount): string {
  if (mount.type !== "bind") return `${mount.type} ${mount.destination}`;
  const from = mount.source === mount.destination ? "" : ` from ${mount.source}`;
  return `${mount.device ? "dev " : ""}${mount.readOnly ? "ro" : "rw"} ${mount.destination}${from}`;
}

const textsOf = (options: Partial<RunOptions>, facts: Partial<HostFacts> = {}): readonly string[] =>
  mountsOf(options, facts).map(textOf);

const FRESH = ["proc /proc", "tmpfs /tmp", "tmpfs /run", "tmpfs /var/tmp"];
const HIDDEN_HOMES = ["tmpfs /home", "tmpfs /root", "tmpfs /home/ann"];
const DIR = { kind: "dir", path: "/srv/rootfs" } as const;

describe("mounts over the host's root", () => {
  test("are fresh folders, hidden homes and the working folder, in this order", () => {
    expect(textsOf({})).toEqual([...FRESH, ...HIDDEN_HOMES, "ro /home/ann/project", "sysfs /sys"]);
  });

  test("leave out folders that this host has not", () => {
    expect(textsOf({}, { paths: { "/tmp": "dir", "/root": "denied" }, cwd: "/" })).toEqual([
      "proc /proc",
      "tmpfs /tmp",
      "sysfs /sys",
    ]);
  });

  test.each([
    ["/home/ann", false],
    ["/home", false],
    ["/", false],
    ["/tmp", false],
    ["/srv", false],
    ["/home/ann/project/sub", true],
    ["/tmp/build", true],
    ["/var/tmp/build", true],
  ])("in the working folder %s, which a fresh folder may cover, it is shown: %p", (cwd, shown) => {
    expect(textsOf({}, { cwd }).includes(`ro ${cwd}`)).toBe(shown);
  });

  test.each([
    ["ro", []],
    ["rw", ["rw /home", "rw /root", "rw /home/ann"]],
    ["hide", [...HIDDEN_HOMES, "ro /home/ann/project"]],
  ] as const)("--home %s makes the mounts %j of homes", (home, expected) => {
    expect(textsOf({ home })).toEqual([...FRESH, ...expected, "sysfs /sys"]);
  });

  test("are none without a mount namespace", () => {
    expect(textsOf({ namespaces: { mnt: { kind: "host" } } })).toEqual([]);
  });

  test("have no sysfs in the host's network namespace, where the kernel refuses one", () => {
    expect(textsOf({ namespaces: { net: { kind: "host" } } })).not.toContain("sysfs /sys");
  });

  test.each(["bind", "none"] as const)("have no fresh /proc with --proc %s", (proc) => {
    expect(textsOf({ proc })).not.toContain("proc /proc");
  });
});

describe("hiddenFolders()", () => {
  test("are the fresh ones and the homes, unless these are given", () => {
    const fresh = ["/tmp", "/run", "/var/tmp"];
    expect(hiddenFolders(NO_OPTIONS, SAMPLE_FACTS)).toEqual([...fresh, ...SAMPLE_FACTS.homes]);
    expect(hiddenFolders({ ...NO_OPTIONS, home: "ro" }, SAMPLE_FACTS)).toEqual(fresh);
  });
});

describe("mounts in a root of its own", () => {
  test("are the kernel's, /tmp, and the files that name hosts", () => {
    expect(textsOf({ root: DIR })).toEqual([
      "proc /proc",
      "tmpfs /tmp",
      "file /etc/hostname",
      "file /etc/hosts",
      "ro /etc/resolv.conf",
      "sysfs /sys",
    ]);
    expect(textsOf({ root: { kind: "empty" } })).toEqual(["proc /proc", "sysfs /sys"]);
  });

  test("name the box in /etc/hostname and /etc/hosts", () => {
    const contents = (options: Partial<RunOptions>): readonly string[] =>
      mountsOf({ root: DIR, ...options }).flatMap((mount) => (mount.type === "file" ? [mount.content] : []));
    expect(contents({ hostname: "alpha", name: "beta" })[0]).toBe("alpha\n");
    expect(contents({ name: "beta" })[0]).toBe("beta\n");
    expect(contents({ name: "beta" })[1]).toContain("\tbeta\n");
    expect(contents({ namespaces: { uts: { kind: "host" } } })).toHaveLength(1);
  });

  test("bind the host's /proc, /sys and /dev where they are asked for or cannot be made", () => {
    const net = { kind: "host" } as const;
    expect(textsOf({ root: { kind: "empty" }, proc: "bind", dev: "host", namespaces: { net } })).toEqual([
      "rw /proc",
      "dev rw /dev",
      "ro /sys",
    ]);
  });
});

describe("mounts that were asked for", () => {
  const given = (...mounts: RunOptions["mounts"]): readonly Mount[] => mountsOf({ mounts }).slice(-mounts.length);

  test("come last, in the order in which they were given, so that they win", () => {
    const mounts = [parseTmpfs("/data"), parseBind("--rw", "/data:/data/in"), parseMount("type=mqueue,dst=/q")];
    expect(given(...mounts).map(textOf)).toEqual(["tmpfs /data", "rw /data/in from /data", "mqueue /q"]);
  });

  test.each([
    [parseBind("--ro", "."), "ro /home/ann/project"],
    [parseBind("--rw", "../sub/"), "rw /home/ann/sub"],
    [parseBind("--ro", "x:/in/../y"), "ro /y from /home/ann/project/x"],
    [parseTmpfs("/a/../../b"), "tmpfs /b"],
  ])("%j becomes %j", (mount, expected) => {
    expect(given(mount).map(textOf)).toEqual([expected]);
  });

  test("a tmpfs keeps what was said about it, and is open to all where nothing was", () => {
    const plain = {
      type: "tmpfs",
      destination: "/t",
      sizeBytes: undefined,
      mode: 0o1777,
      readOnly: false,
      noexec: false,
    };
    expect<unknown>(given(parseTmpfs("/t"))).toEqual([plain]);
    expect<unknown>(given(parseTmpfs("/t:size=1k,mode=700,ro,noexec"))).toEqual([
      { ...plain, sizeBytes: 1024, mode: 0o700, readOnly: true, noexec: true },
    ]);
  });

  test("may not have a relative destination", () => {
    expect(() => given(parseBind("--ro", "/data:in"))).toThrow('Cannot use --ro: the destination "in" is not absolute');
  });

  test.each([
    ["missing", "ENOENT (No such file or directory)"],
    ["denied", "EACCES (Permission denied)"],
  ] as const)("name flag, source and errno where the source is %s", (kind, errno) => {
    const paths = { ...SAMPLE_FACTS.paths, "/home/ann/project/gone": kind };
    expect(() => mountsOf({ mounts: [parseBind("--rw", "gone")] }, { paths })).toThrow(
      `Cannot use --rw "gone": ${errno}`,
    );
  });
});
