import { describe, expect, test } from "bun:test";
import { SECRET_FILES, secretFiles } from "#src/spec/secret-files.ts";
import type { MountOption } from "#src/spec/options.ts";
import type { Root } from "#src/spec/spec.ts";

const HOST: Root = { source: { kind: "host" }, writes: { kind: "none" } };
const FACTS = { uid: 0, cwd: "/etc", paths: { "/etc/shadow": "file", "/etc/ssl/private": "dir" } } as const;
const ALL = [
  { path: "/etc/shadow", isFile: true },
  { path: "/etc/ssl/private", isFile: false },
];

const bind = (source: string, destination?: string): MountOption => ({
  ...{ kind: "bind", source, destination, readOnly: true, flag: "--ro" },
});
const hidden = (mounts: readonly MountOption[], facts: Parameters<typeof secretFiles>[1] = FACTS, root: Root = HOST) =>
  secretFiles({ mounts, hide: [] }, facts, root).map(({ path }) => path);

describe("secretFiles()", () => {
  test("hides what is there from the boxes of root", () => {
    expect(secretFiles({ mounts: [], hide: [] }, FACTS, HOST)).toEqual(ALL);
    expect(SECRET_FILES.every((path) => path.startsWith("/etc/"))).toBe(true);
  });

  test("has nothing to hide from others, in another root, or where the root is written to", () => {
    expect(hidden([], { ...FACTS, uid: 1000 })).toEqual([]);
    expect(hidden([], FACTS, { ...HOST, source: { kind: "dir", path: "/srv" } })).toEqual([]);
    expect(hidden([], FACTS, { ...HOST, writes: { kind: "vanish" } })).toEqual([]);
  });

  test.each<[mount: MountOption, left: readonly string[]]>([
    [bind("/etc/shadow"), ["/etc/ssl/private"]],
    [bind("shadow"), ["/etc/ssl/private"]],
    [bind("/etc"), []],
    [bind("/etc/ssl/private/one.key"), ["/etc/shadow"]],
    [bind("/srv/x", "/etc/ssl"), ["/etc/shadow"]],
    [bind("/etc/shadow-copy"), ["/etc/shadow", "/etc/ssl/private"]],
  ])("leaves what is shown on purpose: %p", (mount, left) => {
    expect(hidden([mount])).toEqual([...left]);
  });
});
