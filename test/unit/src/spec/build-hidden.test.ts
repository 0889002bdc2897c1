import { describe, expect, test } from "bun:test";
import { buildHidden, hiddenOnHost } from "#src/spec/build-hidden.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

describe("buildHidden()", () => {
  test("takes paths from the current folder, and knows a file from a folder", () => {
    const facts = { ...SAMPLE_FACTS, paths: { "/home/ann/project/.env": "file", "/etc/ssh": "dir" } as const };
    expect(buildHidden({ ...NO_OPTIONS, hide: [".env", "/etc/ssh/"] }, facts)).toEqual([
      { path: "/home/ann/project/.env", isFile: true },
      { path: "/etc/ssh", isFile: false },
    ]);
  });

  test("looks in the folder that is the root, and cannot be led out of it", () => {
    const options = { ...NO_OPTIONS, root: { kind: "dir", path: "/srv/rootfs" } as const };
    expect(hiddenOnHost("/etc", options, "/")).toBe("/srv/rootfs/etc");
    expect(hiddenOnHost("../../etc", options, "/")).toBe("/srv/rootfs/etc");
  });

  test("refuses what is not there, and the root itself", () => {
    const hide = (path: string) => () =>
      buildHidden({ ...NO_OPTIONS, hide: [path] }, { ...SAMPLE_FACTS, paths: { "/": "dir" } });
    expect(hide("/etc/shh")).toThrow('Cannot use --hide "/etc/shh": ENOENT');
    expect(hide("/")).toThrow('Cannot use --hide "/": nothing would be left');
  });
});
