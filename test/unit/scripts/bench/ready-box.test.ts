import { describe, expect, test } from "bun:test";
import { readyPath, type Runner } from "#scripts/bench/ready-box.ts";

const USER: Runner = { uid: 1000, cwd: "/src", env: { XDG_RUNTIME_DIR: "/run/user/1000", PATH: "/bin" } };
const ARGV = ["/opt/nsbox", "run", "--", "/bin/true"];

describe("readyPath()", () => {
  const path = readyPath(ARGV, USER);

  test("lies where the front looks", () => {
    expect(path).toMatch(/^\/run\/user\/1000\/nsbox\/ready\/[a-p]{8}$/);
    expect(readyPath(ARGV, { ...USER, uid: 0 })).toMatch(/^\/run\/nsbox\/ready\/[a-p]{8}$/);
  });

  test.each([
    ["flags", ["/opt/nsbox", "run", "--hostname", "a", "--", "/bin/true"], USER],
    ["a program", ["/opt/nsbox", "run", "--", "/bin/false"], USER],
    ["a folder", ARGV, { ...USER, cwd: "/" }],
    ["a runtime folder, for root too", ARGV, { ...USER, uid: 0, env: { ...USER.env, XDG_RUNTIME_DIR: "/tmp/a" } }],
  ])("is another one for other %s", (_, argv, runner) => {
    expect(readyPath(argv, runner)).not.toBe(readyPath(ARGV, { ...USER, uid: runner.uid }));
  });

  test("is the same for what stands behind the program, and for other variables", () => {
    expect(readyPath([...ARGV, "more"], USER)).toBe(path);
    expect(readyPath(ARGV, { ...USER, env: { ...USER.env, TERM: "dumb" } })).toBe(path);
  });

  test("is none where boxes are never made ready", () => {
    expect(readyPath(ARGV, { ...USER, env: { ...USER.env, NSBOX_READY: "0" } })).toBeUndefined();
    expect(readyPath(ARGV, { ...USER, env: {} })).toBeUndefined();
    expect(readyPath(["/opt/nsbox", "run", "--"], USER)).toBeUndefined();
  });
});
