import { describe, expect, test } from "bun:test";
import { type Need, missingNeed } from "#test/support/needs.ts";

/** A machine that has only these. */
const only =
  (...present: readonly Need[]) =>
  (need: Need): boolean =>
    present.includes(need);

describe("missingNeed()", () => {
  test("finds nothing missing where all is there", () => {
    expect(missingNeed(["cc", "tmux"], "cc", only("cc", "tmux"))).toBeUndefined();
  });

  test("names the first need that is missing", () => {
    expect(missingNeed(["cc", "tmux", "strace"], "", only("cc"))).toBe("tmux");
  });

  test("throws where a missing need is demanded, and says where it comes from", () => {
    const act = (): unknown => missingNeed(["busybox"], "cc, busybox", only("cc"));
    expect(act).toThrow('Cannot run this test: NSBOX_TEST_MUST demands "busybox", which is missing (busybox-static)');
  });

  test("throws where the demanded need is not the first that is missing", () => {
    expect(() => missingNeed(["tmux", "cc"], "cc", only())).toThrow('"cc"');
  });

  test("skips a test of another actor whatever else it needs", () => {
    expect(missingNeed(["cc", "unprivileged"], "cc", only())).toBe("unprivileged");
  });

  test("throws where the actor itself is demanded", () => {
    expect(() => missingNeed(["root"], "root", only())).toThrow('"root"');
  });
});
