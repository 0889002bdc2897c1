// Files of /proc are read to their end, though no read is made to see it where they are short.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { closeFile } from "#ffi/libc/fd.ts";
import { openFolder, readTextAt, tryTextAt } from "#src/inspect/proc-dir.ts";

/** From a line to megabytes; none changes while it is read. */
const FILES = ["version", "filesystems", "devices", "iomem", "self/mountinfo", "self/limits", "kallsyms"];

describe("a file of /proc", () => {
  test.each(FILES)("%s is read as node:fs reads it", (name) => {
    const proc = openFolder("/proc");
    try {
      const text = readFileSync(`/proc/${name}`, "utf8");
      expect(text.length).toBeGreaterThan(0);
      // Of a large one the whole would be printed where they differ.
      expect(readTextAt(proc, name) === text).toBe(true);
      expect(tryTextAt(proc, name) === text).toBe(true);
    } finally {
      closeFile(proc);
    }
  });

  test("that is not there is an errno", () => {
    const proc = openFolder("/proc");
    try {
      expect(tryTextAt(proc, "nosuch")).toBe(-2);
      expect(() => readTextAt(proc, "nosuch")).toThrow("openat nosuch");
    } finally {
      closeFile(proc);
    }
  });
});
