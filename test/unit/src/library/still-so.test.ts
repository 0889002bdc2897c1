// The edge: answers are asked for natively, again and again, and a change is seen each time.
import { describe, expect, test } from "bun:test";
import { chmodSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { stillSo } from "#src/library/still-so.ts";
import type { Observation } from "#src/ready/observation.ts";
import { modeOf } from "#src/host/read-facts.ts";
import { tempDir } from "#test/support/nsbox.ts";

const ARCH = process.arch === "arm64" ? "arm64" : "x64";

/** It must be possible here. */
function asker(observations: readonly Observation[]): () => boolean {
  const ask = stillSo(observations, ARCH);
  if (ask === undefined) throw new Error("memory can't be made executable here");
  return ask;
}

describe("stillSo()", () => {
  test("is so where nothing is asked", () => {
    expect(asker([])()).toBe(true);
  });

  test("sees a path come, change and be as before", () => {
    using dir = tempDir();
    const path = dir.join("file");
    const none = asker([{ kind: "path", path, mode: modeOf(path) }]);
    expect(none()).toBe(true);
    writeFileSync(path, "");
    const there = asker([{ kind: "path", path, mode: modeOf(path) }]);
    for (let time = 0; time < 3; time++) {
      expect([none(), there()]).toEqual([false, true]);
      chmodSync(path, 0o400);
      expect([none(), there()]).toEqual([false, false]);
      chmodSync(path, 0o644);
      expect([none(), there()]).toEqual([false, true]);
      rmSync(path);
      expect([none(), there()]).toEqual([true, false]);
      writeFileSync(path, "");
    }
  });

  test("sees what a file says, and that it has gone; and leaves none open", () => {
    using dir = tempDir();
    const path = dir.join("file");
    const content = new TextEncoder().encode("0 0 4294967295\n");
    writeFileSync(path, content);
    const open = readdirSync("/proc/self/fd").length;
    for (const [text, same] of [
      ["0 0 4294967295\n", true],
      ["0 0 4294967296\n", false],
      ["0 0 429496729", false],
      ["0 0 4294967295\n\n", false],
      ["", false],
      ["0 0 4294967295\n", true],
    ] as const) {
      const ask = asker([{ kind: "file", path, content }]);
      expect(ask()).toBe(true);
      writeFileSync(path, text);
      expect([text, ask(), ask()]).toEqual([text, same, same]);
      writeFileSync(path, content);
    }
    const ask = asker([{ kind: "file", path, content }]);
    rmSync(path);
    expect(ask()).toBe(false);
    // A folder can be opened, and not be read.
    expect(asker([{ kind: "file", path: dir.path, content }])()).toBe(false);
    expect(readdirSync("/proc/self/fd").length).toBe(open);
  });

  test("makes room for what takes more than records", () => {
    const text = "x".repeat(200);
    const paths = Array.from({ length: 9 }, (_, n) => `/${n}${`/${text}`.repeat(8)}`);
    const ask = asker(paths.map((path) => ({ kind: "path", path, mode: modeOf(path) })));
    expect([ask(), ask()]).toEqual([true, true]);
  });

  test("holds on to its memory, and lets go of it", () => {
    const kept = Array.from({ length: 50 }, () => asker([{ kind: "path", path: "/", mode: modeOf("/") }]));
    const resident = (): number => {
      Bun.gc(true);
      return process.memoryUsage.rss();
    };
    const fill = (): void => {
      for (let n = 0; n < 2000; n++) asker([{ kind: "path", path: `/${n}`, mode: 0 }]);
    };
    fill();
    const before = resident();
    fill();
    expect(kept.every((ask) => ask())).toBe(true);
    expect(resident() - before).toBeLessThan(30_000_000);
  });
});
