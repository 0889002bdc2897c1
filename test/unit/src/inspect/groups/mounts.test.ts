import { describe, expect, test } from "bun:test";
import { drawTree, explainMounts, explainOptions, explainPropagation, findHidden } from "#src/inspect/groups/mounts.ts";
import { parseMountinfo } from "#src/inspect/parse-mountinfo.ts";

/** id, the mount that it lies on, where. */
function mountsOf(...list: readonly (readonly [id: number, parent: number, point: string])[]) {
  return parseMountinfo(
    list.map(([id, parent, point]) => `${id} ${parent} 0:${id} / ${point} rw - tmpfs tmpfs rw`).join("\n"),
  );
}

function hiddenOf(...list: readonly (readonly [number, number, string])[]): readonly (readonly [number, number])[] {
  return findHidden(mountsOf(...list)).flatMap(({ id, hiddenBy }) => (hiddenBy === undefined ? [] : [[id, hiddenBy]]));
}

describe("findHidden()", () => {
  test("finds nothing where nothing lies over another", () => {
    expect(hiddenOf([1, 0, "/"], [2, 1, "/proc"], [3, 1, "/sys"], [4, 3, "/sys/fs/cgroup"])).toEqual([]);
  });

  test("a mount on a mount's own root covers it and what else lies on it", () => {
    expect(hiddenOf([1, 0, "/"], [2, 1, "/dev"], [3, 2, "/dev/pts"], [4, 2, "/dev"], [5, 4, "/dev/pts"])).toEqual([
      [2, 4],
      [3, 4],
    ]);
  });

  test("a later mount on a folder above covers, with all that lies on what it covers", () => {
    expect(hiddenOf([1, 0, "/"], [2, 1, "/a/b"], [3, 2, "/a/b/c"], [4, 1, "/a"])).toEqual([
      [2, 4],
      [3, 4],
    ]);
  });

  test("names that only begin alike are not below each other", () => {
    expect(hiddenOf([1, 0, "/"], [2, 1, "/ab"], [3, 1, "/a"])).toEqual([]);
  });

  test("of two on the same folder the later one is seen", () => {
    expect(hiddenOf([1, 0, "/"], [2, 1, "/a"], [3, 1, "/a"])).toEqual([[2, 3]]);
  });

  test("of a stack only the top is seen", () => {
    expect(hiddenOf([1, 0, "/"], [2, 1, "/a"], [3, 2, "/a"], [4, 3, "/a"])).toEqual([
      [2, 3],
      [3, 4],
    ]);
  });

  test("ends with mounts that lie on themselves or on each other", () => {
    expect(hiddenOf([1, 1, "/"], [2, 3, "/a"], [3, 2, "/b"])).toEqual([]);
  });
});

describe("drawTree()", () => {
  test("draws each below the one that it lies on", () => {
    const mounts = findHidden(mountsOf([1, 0, "/"], [2, 1, "/a"], [3, 2, "/a/b"], [4, 1, "/c"]));
    expect(drawTree(mounts).map(({ branches, mount }) => branches + mount.mountPoint)).toEqual([
      "/",
      "├ /a",
      "│ └ /a/b",
      "└ /c",
    ]);
  });
});

describe("explainMounts()", () => {
  test("says where, what, from where, how it spreads, with which options, and what hides it", () => {
    const text = `20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
21 20 0:5 / /tmp rw,nosuid master:7 - tmpfs tmpfs rw,size=1024k
22 20 8:1 /data /tmp/x ro - ext4 /dev/sda1 rw
23 21 0:6 / /tmp rw - tmpfs none rw`;
    const { blocks } = explainMounts({ value: findHidden(parseMountinfo(text)) });
    expect(blocks).toEqual([
      {
        kind: "table",
        head: ["where", "type", "source", "spreads", "options"],
        rows: [
          ["/", "ext4", "/dev/sda1", "shared:1", "rw,errors=remount-ro"],
          ["├ tmp", "tmpfs", "tmpfs", "slave:7", "HIDDEN by /tmp (tmpfs)"],
          ["│ └ /tmp", "tmpfs", "none", "private", "rw"],
          ["└ tmp/x", "ext4", "/dev/sda1[/data]", "private", "HIDDEN by /tmp (tmpfs)"],
        ],
      },
    ]);
  });

  test("a refusal is a row with its reason", () => {
    const { blocks } = explainMounts({ unreadable: "EACCES", reason: "it may not be", help: "root may" });
    expect(JSON.stringify(blocks)).toContain("not readable (EACCES): it may not be; root may");
  });
});

test("explainPropagation() names all that there is", () => {
  const all = { shared: 1, master: 2, propagateFrom: 3, unbindable: true };
  expect(explainPropagation(all)).toBe("shared:1 slave:2 from:3 unbindable");
});

test("explainOptions() leaves out what says little, cuts what is very long, and tells a read-only file system from a read-only mount", () => {
  const [mount] = parseMountinfo(`1 0 0:1 / / rw,relatime - overlay none ro,mode=755,lowerdir=/${"x".repeat(99)}`);
  if (mount === undefined) throw new Error("no mount");
  expect(explainOptions(mount)).toBe(`rw,(file system ro),lowerdir=/${"x".repeat(29)}…`);
});
