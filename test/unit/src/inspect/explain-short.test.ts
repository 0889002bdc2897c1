// What isolates a process, in a few words: each of them follows from what inspect has read.
import { describe, expect, test } from "bun:test";
import { CAPS } from "#ffi/uapi/capability.ts";
import { explainShort } from "#src/inspect/explain-short.ts";
import type { NamespaceView } from "#src/inspect/groups/namespaces.ts";
import type { ProcessView } from "#src/inspect/process-view.ts";
import { NAMESPACE_TYPES, type NamespaceType } from "#src/spec/spec.ts";

type Part = Pick<ProcessView, "namespaces" | "ids" | "capabilities" | "confinement" | "cgroups">;

const FIRST_USER = 0xeffffffd;
const none = { value: [] };
const ids = (id: number): ProcessView["ids"]["uids"] => ({ real: id, effective: id, saved: id, filesystem: id });

function namespaces(own: readonly NamespaceType[], yourUser: number = FIRST_USER): ProcessView["namespaces"] {
  const list = NAMESPACE_TYPES.map((type): NamespaceView => {
    const yours = !own.includes(type);
    return { type, inode: 1, yours, owner: { value: yourUser }, creatorUid: undefined, others: 0 };
  });
  return { list: { value: list }, yourUser, unseenProcesses: 0, hidepid: false };
}

const HOST: Part = {
  namespaces: namespaces([]),
  ids: { uids: ids(1000), gids: ids(1000), groups: [], uidMap: none, gidMap: none, setgroups: { value: "allow" } },
  capabilities: { effective: [], permitted: [], inheritable: [], bounding: [], ambient: [] },
  confinement: { seccomp: { mode: "none", filters: 0 }, noNewPrivs: false, label: { value: "" }, dumpable: true },
  cgroups: none,
};

/** The value of a row; the parts that are not given are those of a user's process on the host. */
function said(label: string, part: Partial<Part>): string | undefined {
  const view = { ...HOST, ...part } as ProcessView; // the other groups are not looked at
  const [block] = explainShort(view).blocks;
  return block?.kind === "rows" ? block.rows.find((row) => row.label === label)?.value : undefined;
}

describe("explainShort()", () => {
  test("names what is its own and what is shared", () => {
    expect(said("its own", {})).toBe("nothing");
    expect(said("shared", {})).toBe("ids, mounts, processes, IPC, host name, network, cgroup tree, clocks");
    const part = { namespaces: namespaces(["net", "uts"]) };
    expect(said("its own", part)).toBe("host name, network");
    expect(said("shared", { namespaces: namespaces(NAMESPACE_TYPES) })).toBe("nothing");
  });

  test("says so where its namespaces may not be seen", () => {
    const list = { unreadable: "EACCES", reason: "it is not yours", help: "root may" };
    const part = { namespaces: { ...HOST.namespaces, list } };
    expect(said("its own", part)).toBe("not readable (EACCES): it is not yours; root may");
    expect(said("shared", part)).toBeUndefined();
    expect(said("power", { ...part, capabilities: { ...HOST.capabilities, effective: CAPS } })).toBe(
      "every capability",
    );
  });

  test.each([
    [1000, [{ inside: 0, outside: 1000, size: 1 }], "root inside, uid 1000 to files and to all outside"],
    [1000, [{ inside: 1000, outside: 1000, size: 1 }], "uid 1000 inside, uid 1000 to files and to all outside"],
    [0, [{ inside: 0, outside: 0, size: 10 }], "root inside, root to files and to all outside"],
    [7, [{ inside: 0, outside: 1000, size: 1 }], "nobody inside, uid 7 to files and to all outside"],
  ])("uid %d acts as what the map says", (uid, value, words) => {
    const part = { namespaces: namespaces(["user"]), ids: { ...HOST.ids, uids: ids(uid), uidMap: { value } } };
    expect(said("acts as", part)).toBe(words);
    expect(said("acts as", { ids: part.ids })).toBe(uid === 0 ? "root" : `uid ${uid}`);
  });

  test("says over what its capabilities are", () => {
    const capabilities = { ...HOST.capabilities, effective: CAPS.slice(0, 3) };
    const some = `3 of root's ${CAPS.length} capabilities`;
    expect(said("power", {})).toBe("none of root's capabilities");
    expect(said("power", { capabilities })).toBe(`${some}, over the whole machine`);
    expect(said("power", { capabilities, namespaces: namespaces([], 42) })).toBe(
      `${some}, over all that your user namespace owns`,
    );
    expect(said("power", { capabilities, namespaces: namespaces(["user"]) })).toBe(
      `${some}, over what its own user namespace owns and nothing else`,
    );
  });

  test("counts what holds it back", () => {
    const { confinement } = HOST;
    expect(said("held back", {})).toStartWith("by nothing of");
    const labelled = { ...confinement, noNewPrivs: true, label: { value: "box (enforce)" } };
    expect(said("held back", { confinement: labelled })).toBe("no_new_privs, a security module");
    expect(said("held back", { confinement: { ...confinement, label: { value: "unconfined" } } })).toStartWith(
      "by nothing",
    );
    const filter = { ...confinement, seccomp: { mode: "filter", filters: 1 } } as const;
    expect(said("held back", { confinement: filter })).toBe("a filter of system calls");
    const line = {
      hierarchy: 0,
      controllers: [],
      path: "/x",
      version: 2,
      folder: "/sys/fs/cgroup/x",
      above: [],
    } as const;
    const limited = (files: Readonly<Record<string, string>>): string | undefined =>
      said("held back", { cgroups: { value: [{ ...line, files }] } });
    expect(limited({ "memory.max": "1000", "pids.max": "max", "cpu.max": "max 100000" })).toBe("a limit of memory");
    const above = [{ path: "/", files: { "memory.max": "1000" } }];
    expect(said("held back", { cgroups: { value: [{ ...line, files: {}, above }] } })).toBe("a limit of memory");
    expect(limited({ "pids.max": "9", "cpu.max": "5000 100000" })).toBe(
      "a limit of processes, a limit of processor time",
    );
  });
});
