import { describe, expect, test } from "bun:test";
import { parseMountinfo, unescapeOctal } from "#src/inspect/parse-mountinfo.ts";

describe("parseMountinfo()", () => {
  test("gives every field of a line", () => {
    const line = "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n";
    expect(parseMountinfo(line)).toEqual([
      {
        id: 36,
        parent: 35,
        device: "98:0",
        root: "/mnt1",
        mountPoint: "/mnt2",
        options: ["rw", "noatime"],
        propagation: { shared: undefined, master: 1, propagateFrom: undefined, unbindable: false },
        type: "ext3",
        source: "/dev/root",
        superOptions: ["rw", "errors=continue"],
      },
    ]);
  });

  test.each([
    ["", { shared: undefined, master: undefined, propagateFrom: undefined, unbindable: false }],
    ["shared:7 ", { shared: 7, master: undefined, propagateFrom: undefined, unbindable: false }],
    ["shared:7 master:3 ", { shared: 7, master: 3, propagateFrom: undefined, unbindable: false }],
    ["master:3 propagate_from:2 ", { shared: undefined, master: 3, propagateFrom: 2, unbindable: false }],
    ["unbindable ", { shared: undefined, master: undefined, propagateFrom: undefined, unbindable: true }],
    ["from_the_future:9 shared:1 ", { shared: 1, master: undefined, propagateFrom: undefined, unbindable: false }],
  ])("reads the optional fields %p", (tags, propagation) => {
    expect(parseMountinfo(`1 2 0:3 / /a rw ${tags}- tmpfs none rw`)[0]?.propagation).toEqual(propagation);
  });

  test("undoes the escapes in paths, sources and options", () => {
    const [mount] = parseMountinfo(
      String.raw`1 2 0:3 /a\040b /c\011d\012\134e rw - fuse.x\040y s\040t rw,lowerdir=/a\054b,x=\134`,
    );
    expect(mount).toMatchObject({
      root: "/a b",
      mountPoint: "/c\td\n\\e",
      type: "fuse.x y",
      source: "s t",
      superOptions: ["rw", "lowerdir=/a,b", "x=\\"],
    });
  });

  test("takes an empty source as it is, and a dash as a mount point or source for what it is", () => {
    expect(parseMountinfo("1 2 0:3 / /a rw - tmpfs  rw")[0]).toMatchObject({ type: "tmpfs", source: "" });
    expect(parseMountinfo("1 2 0:3 / - rw - tmpfs - rw")[0]).toMatchObject({ mountPoint: "-", source: "-" });
  });

  test("reads what this machine has, a mount for each line", async () => {
    const text = await Bun.file("/proc/self/mountinfo").text();
    const mounts = parseMountinfo(text);
    expect(mounts).toHaveLength(text.trim().split("\n").length);
    for (const { mountPoint } of mounts) expect(mountPoint).toStartWith("/");
  });

  test.each([
    [""],
    ["\n\n"],
    ["1 2 0:3 / /a rw tmpfs none rw"],
    ["x 2 0:3 / /a rw - t s o"],
    ["1 2 03 / /a rw - t s o"],
  ])("leaves out %p, which is no mount", (text) => {
    expect(parseMountinfo(text)).toEqual([]);
  });
});

describe("unescapeOctal()", () => {
  test.each([
    [String.raw`a\040b`, "a b"],
    [String.raw`\134040`, String.raw`\040`],
    [String.raw`\04`, String.raw`\04`],
    [String.raw`\777`, String.raw`\777`],
    ["\\", "\\"],
  ])("%p becomes %p", (text, plain) => {
    expect(unescapeOctal(text)).toBe(plain);
  });
});
