import { describe, expect, test } from "bun:test";
import { diffProcesses } from "#src/inspect/diff-processes.ts";
import {
  type ComparedProcess,
  type ComparedView,
  DIFF_GROUPS,
  type DiffItem,
  type ProcessDiff,
} from "#src/inspect/diff-view.ts";
import type { NamespaceView } from "#src/inspect/groups/namespaces.ts";
import { explainDiff } from "#src/inspect/explain-diff.ts";
import { parseMountinfo } from "#src/inspect/parse-mountinfo.ts";

const VIEW: ComparedView = {
  pid: 10,
  name: "sh",
  command: { value: ["sh", "-c", "sleep 1"] },
  uids: { real: 1000, effective: 1000, saved: 1000, filesystem: 1000 },
  gids: { real: 1000, effective: 1000, saved: 1000, filesystem: 1000 },
  groups: [27, 4],
  namespaces: {
    value: [
      { type: "net", inode: 4026531840 },
      { type: "uts", inode: 4026531838 },
    ],
  },
  uidMap: { value: [{ inside: 0, outside: 0, size: 4294967295 }] },
  gidMap: { value: [{ inside: 0, outside: 0, size: 4294967295 }] },
  capabilities: {
    effective: [],
    permitted: [],
    inheritable: [],
    bounding: ["CAP_CHOWN", "CAP_SYS_TIME"],
    ambient: [],
  },
  seccomp: { mode: "none", filters: 0 },
  noNewPrivs: false,
  cgroups: { value: [{ controllers: [], path: "/user" }] },
  label: { value: "" },
};

const MOUNTS = `20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
21 20 0:5 / /proc rw - proc proc rw
22 20 0:6 / /only-here rw - tmpfs tmpfs rw,size=9k
`;

const ONE: ComparedProcess = {
  view: VIEW,
  root: { value: { path: "/", device: "8:1", inode: 2 } },
  cwd: { value: { path: "/", device: "8:1", inode: 2 } },
  exe: { value: { path: "/bin/sh", device: "8:1", inode: 99 } },
  mounts: { value: parseMountinfo(MOUNTS) },
  limits: { value: [{ name: "nofile", soft: "1024", hard: "4096" }] },
  envNames: { value: ["HOME", "PATH"] },
};

function withView(change: Partial<ComparedView>): ComparedProcess {
  return { ...ONE, view: { ...VIEW, ...change } };
}

function itemsThatDiffer(diff: ProcessDiff): readonly string[] {
  return diff.items.filter(({ state }) => state === "different").map(({ group, name }) => `${group} ${name}`);
}

function find(diff: ProcessDiff, group: string, name: string): DiffItem | undefined {
  return diff.items.find((item) => item.group === group && item.name === name);
}

describe("diffProcesses()", () => {
  test("finds nothing between a process and itself, and looks at every group", () => {
    const diff = diffProcesses(ONE, ONE);
    expect(diff).toMatchObject({ different: 0, unknown: 0 });
    expect(diff.same).toBe(diff.items.length);
    expect([...new Set(diff.items.map(({ group }) => group))]).toEqual([...DIFF_GROUPS]);
  });

  test.each<[string, ComparedProcess, readonly string[]]>([
    [
      "a namespace",
      withView({ namespaces: { value: [{ type: "net", inode: 7 }, ...utsOf(VIEW)] } }),
      ["namespaces net"],
    ],
    ["a namespace that one kernel lacks", withView({ namespaces: { value: utsOf(VIEW) } }), ["namespaces net"]],
    ["an effective uid", withView({ uids: { ...VIEW.uids, effective: 0 } }), ["ids uid"]],
    ["a group", withView({ groups: [27] }), ["ids groups"]],
    ["an id map", withView({ uidMap: { value: [{ inside: 0, outside: 1000, size: 1 }] } }), ["ids uid_map"]],
    [
      "a capability",
      withView({ capabilities: { ...VIEW.capabilities, ambient: ["CAP_KILL"] } }),
      ["capabilities ambient"],
    ],
    ["no_new_privs", withView({ noNewPrivs: true }), ["privileges no_new_privs"]],
    ["a seccomp filter", withView({ seccomp: { mode: "filter", filters: 1 } }), ["privileges seccomp"]],
    ["a label", withView({ label: { value: "docker-default" } }), ["privileges label"]],
    ["a cgroup", withView({ cgroups: { value: [{ controllers: [], path: "/x" }] } }), ["cgroup version 2"]],
    ["a limit", { ...ONE, limits: { value: [{ name: "nofile", soft: "1", hard: "4096" }] } }, ["limits nofile"]],
    ["a variable", { ...ONE, envNames: { value: ["PATH"] } }, ["environment names"]],
    ["the root, by what it is", { ...ONE, root: { value: { path: "/", device: "8:1", inode: 3 } } }, ["files root"]],
    ["the program", { ...ONE, exe: { value: { path: "/bin/sh", device: "8:2", inode: 99 } } }, ["files exe"]],
  ])("finds %s, whichever comes first", (_, other, names) => {
    expect(itemsThatDiffer(diffProcesses(ONE, other))).toEqual([...names]);
    expect(itemsThatDiffer(diffProcesses(other, ONE))).toEqual([...names]);
  });

  test.each([
    ["a mount that is gone", MOUNTS.replace(/^22.*\n/m, ""), "/only-here"],
    ["a mount that became read-only", MOUNTS.replace("/proc rw", "/proc ro"), "/proc"],
    ["a file system that became read-only", MOUNTS.replace("proc proc rw", "proc proc ro"), "/proc"],
    ["another source", MOUNTS.replace("/dev/sda1", "/dev/sda2"), "/"],
    ["another part of the same file system", MOUNTS.replace("8:1 / /", "8:1 /sub /"), "/"],
    ["another kind of propagation", MOUNTS.replace("shared:1", "master:1"), "/"],
    ["a mount over a mount", `${MOUNTS}30 21 0:5 / /proc rw - proc proc rw\n`, "/proc"],
  ])("finds %s", (_, text, name) => {
    const diff = diffProcesses(ONE, { ...ONE, mounts: { value: parseMountinfo(text) } });
    expect(itemsThatDiffer(diff)).toEqual([`mounts ${name}`]);
  });

  test("takes no notice of numbers that mean nothing: mount ids, peer groups, the order of sets", () => {
    const text = MOUNTS.replace("20 1 ", "50 9 ").replace("21 20", "51 50").replace("shared:1", "shared:8");
    const other = withView({ groups: [4, 27] });
    expect(diffProcesses(ONE, { ...other, mounts: { value: parseMountinfo(text) } }).different).toBe(0);
  });

  test("says of what may not be read why, and counts it for neither", () => {
    const denied = { unreadable: "EACCES", reason: "you may not", help: "" };
    const diff = diffProcesses(ONE, { ...withView({ namespaces: denied }), mounts: denied, limits: denied });
    expect(diff).toMatchObject({ different: 0, unknown: 10 });
    expect(find(diff, "namespaces", "net")).toEqual({
      group: "namespaces",
      name: "net",
      meaning: "devices, addresses, routes, ports",
      state: "unknown",
      first: "4026531840",
      second: null,
      reason: "you may not (EACCES)",
    });
    expect(find(diff, "mounts", "all")?.state).toBe("unknown");
    expect(find(diff, "limits", "all")?.state).toBe("unknown");
  });
});

function utsOf({ namespaces }: ComparedView): readonly Pick<NamespaceView, "type" | "inode">[] {
  return "value" in namespaces ? namespaces.value.filter(({ type }) => type === "uts") : [];
}

describe("explainDiff()", () => {
  const options = { color: false, width: 96 };

  test("names what is the same, sets what differs side by side, and adds it up", () => {
    const { capabilities } = VIEW;
    const other = withView({
      pid: 11,
      command: { value: [] },
      namespaces: { value: [{ type: "net", inode: 7 }, ...utsOf(VIEW)] },
      capabilities: { ...capabilities, bounding: ["CAP_CHOWN"] },
    });
    const mounts = parseMountinfo(MOUNTS.replace("/only-here", "/only-there").replace("/proc rw", "/proc ro,nosuid"));
    const text = explainDiff(diffProcesses(ONE, { ...other, mounts: { value: mounts } }), options);
    expect(text).toStartWith("A  10  sh -c sleep 1\nB  11  [sh]\n= is the same, ≠ differs, ");
    expect(text).toContain("\n  ≠  net     A 4026531840  B 7  devices, addresses, routes, ports\n");
    expect(text).toContain("\n  ≠  /proc        A rw  B ro nosuid\n");
    expect(text).toContain("\n  A  /only-here   tmpfs tmpfs rw private\n");
    expect(text).toContain("\n  B  /only-there  tmpfs tmpfs rw private\n");
    expect(text).toContain("\n  ≠  bounding     A sys_time  may ever be had\n");
    expect(text).toContain("\n  =  the same: uid, gid, groups, uid_map, gid_map\n");
    expect(text).toMatch(/\n\n5 differ, \d+ the same\n$/);
  });

  test("says once what is missing in several sets, and how many mounts lie below", () => {
    const many = Array.from({ length: 20 }, (_, n) => `CAP_MANY_${"ABCDEFGHIJKLMNOPQRST"[n]}`);
    const { capabilities } = VIEW;
    const more = { ...capabilities, effective: many, permitted: many };
    const mounts = parseMountinfo(`${MOUNTS}\n90 1 0:5 / /proc rw - proc proc rw`);
    const other = { ...withView({ capabilities: more }), mounts: { value: mounts } };
    const text = explainDiff(diffProcesses(ONE, other), options);
    expect(text).toContain("\n       B  many_a many_b ");
    expect(text).toContain("\n  ≠  permitted    as effective  may be made effective\n");
    expect(text).toMatch(/\/proc .*\(over 1 more\)/s);
  });

  test("gathers what may not be read by its reason", () => {
    const denied = { unreadable: "EACCES", reason: "you may not", help: "" };
    const text = explainDiff(diffProcesses(ONE, { ...ONE, root: denied, cwd: denied, exe: denied }), options);
    expect(text).toContain("\n  ?  root, cwd, exe: you may not (EACCES)\n");
    expect(text).toMatch(/\n\nnothing differs: \d+ the same, 3 may not be read\n$/);
  });

  test("lets no name that others chose reach the terminal as it is, and no line be wider than said", () => {
    const evil = {
      ...ONE,
      envNames: { value: ["\x1b]0;owned\x07", ...Array.from({ length: 80 }, (_, n) => `V${n}`)] },
    };
    const text = explainDiff(diffProcesses(evil, withView({ command: { value: ["a\x1b[2J".repeat(40)] } })), options);
    expect(text).not.toContain("\x1b");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(96);
  });
});
