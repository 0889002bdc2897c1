import { describe, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { closeFile, openFile } from "#ffi/libc/fd.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { LOCK, O } from "#ffi/uapi/fcntl.ts";
import { lockFile, readRecord, takeFolder, writeRecord } from "#src/state/state-files.ts";
import { tempDir } from "#test/support/nsbox.ts";

describe("a record", () => {
  test("reads as it was written, replaces the one before, and leaves nothing beside it", () => {
    using dir = tempDir();
    writeRecord(dir.join("a"), { n: 1 });
    writeRecord(dir.join("a"), { n: 2 });
    expect(readRecord(dir.join("a"))).toEqual({ n: 2 });
    expect(readdirSync(dir.path)).toEqual(["a"]);
  });

  test.each([["{"], [""], ["\0"]])("that holds %p is none", (text) => {
    using dir = tempDir();
    writeFileSync(dir.join("a"), text);
    expect(readRecord(dir.join("a"))).toBeUndefined();
  });

  test("that is missing is none", () => {
    using dir = tempDir();
    expect(readRecord(dir.join("a"))).toBeUndefined();
    expect(readRecord(dir.join("a", "b"))).toBeUndefined();
  });
});

describe("takeFolder()", () => {
  test("gives a name once", () => {
    using dir = tempDir();
    expect([takeFolder(dir.join("a")), takeFolder(dir.join("a"))]).toEqual([true, false]);
  });
});

describe("lockFile()", () => {
  test("keeps others out until it is disposed of", () => {
    using dir = tempDir();
    const path = dir.join("lock");
    {
      using _ = lockFile(path);
      expect(tryLock(path)).toBe(-errnoNumber("EAGAIN"));
    }
    expect(tryLock(path)).toBe(0);
  });
});

/** KERNEL: a lock belongs to the opening of a file, so another opening stands for another process. */
function tryLock(path: string): number {
  const fd = openFile(path, O.RDWR);
  const result = rawSyscall("flock", fd, LOCK.EX | LOCK.NB);
  closeFile(fd);
  return result;
}
