import { expect, test } from "bun:test";
import { splitPath } from "#src/state/box-files.ts";

test.each([
  ["/a/b", "/a", "b"],
  ["/a/b/", "/a", "b"],
  ["/a", "/", "a"],
  ["a", ".", "a"],
  ["/", "/", ""],
  ["/a/.", "/a/.", ""],
  ["..", "..", ""],
])("splitPath(%p) is %p and %p", (path, folder, name) => {
  expect(splitPath(path)).toEqual({ folder, name });
});
