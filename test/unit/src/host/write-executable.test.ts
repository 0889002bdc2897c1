import { describe, expect, test } from "bun:test";
import { lstatSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { writeExecutable } from "#src/host/write-executable.ts";
import { tempDir } from "#test/support/nsbox.ts";

const BYTES: Uint8Array = new TextEncoder().encode("a box");

describe("writeExecutable()", () => {
  test("replaces a file as a whole, executable; who has the old one open keeps it", () => {
    using dir = tempDir();
    writeFileSync(dir.join("box"), "old");
    const before = statSync(dir.join("box")).ino;
    writeExecutable(dir.join("box"), BYTES);
    expect(readFileSync(dir.join("box"), "utf8")).toBe("a box");
    expect(statSync(dir.join("box")).mode & 0o777).toBe(0o755);
    expect(statSync(dir.join("box")).ino).not.toBe(before);
  });

  test("leaves a link what it is, and replaces what it leads to", () => {
    using dir = tempDir();
    writeFileSync(dir.join("box"), "old");
    symlinkSync("box", dir.join("link"));
    writeExecutable(dir.join("link"), BYTES);
    expect([readlinkSync(dir.join("link")), readFileSync(dir.join("box"), "utf8")]).toEqual(["box", "a box"]);
  });

  test("writes to what is no file: a pipe, a device", async () => {
    using dir = tempDir();
    Bun.spawnSync(["mkfifo", dir.join("pipe")]);
    const reader = Bun.spawn(["cat", dir.join("pipe")], { stdout: "pipe" });
    writeExecutable(dir.join("pipe"), BYTES);
    expect(await reader.stdout.text()).toBe("a box");
    expect(lstatSync(dir.join("pipe")).isFIFO()).toBe(true);
    writeExecutable("/dev/null", BYTES);
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  });
});
