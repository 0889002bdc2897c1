import { describe, expect, test } from "bun:test";
import { stateFolderPath } from "#src/state/state-folder.ts";

const all = (): boolean => true;
const none = (): boolean => false;

describe("stateFolderPath()", () => {
  test.each([
    ["root's", {}, 0, all, "/run/nsbox"],
    ["root's, whoever's runtime folder is set", { XDG_RUNTIME_DIR: "/run/user/7" }, 0, all, "/run/nsbox"],
    ["a user's", { XDG_RUNTIME_DIR: "/run/user/7" }, 7, all, "/run/user/7/nsbox"],
    ["a user's without the variable", {}, 7, all, "/run/user/7/nsbox"],
    ["a user's without a login", {}, 7, none, "/tmp/nsbox-7"],
    ["a user's with a relative one", { XDG_RUNTIME_DIR: "run" }, 7, none, "/tmp/nsbox-7"],
    ["anyone's who says where", { NSBOX_STATE_DIR: "/srv/x", XDG_RUNTIME_DIR: "/y" }, 7, all, "/srv/x"],
    ["anyone's who says nothing", { NSBOX_STATE_DIR: "" }, 0, all, "/run/nsbox"],
  ])("is %s", (_, env, uid, exists, path) => {
    expect(stateFolderPath(env, uid, exists)).toBe(path);
  });

  test("is nothing relative", () => {
    expect(() => stateFolderPath({ NSBOX_STATE_DIR: "x" }, 0, all)).toThrow(
      'Cannot use NSBOX_STATE_DIR "x": it is not an absolute path',
    );
  });
});
