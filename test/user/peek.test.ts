import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { closeFile, openFile, readAll } from "#ffi/libc/fd.ts";
import { rawSyscall } from "#ffi/libc/syscall.ts";
import { call, memory } from "#ffi/tape/call.ts";
import { AT } from "#ffi/uapi/fcntl.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { parseUtsname, UTSNAME_BYTES } from "#src/inspect/groups/names.ts";
import { savedFile } from "#src/inspect/visit.ts";
import { peek, type Peeked } from "#src/run/peek.ts";
import { childrenOf, liveBox } from "#test/support/box.ts";
import { testWith } from "#test/support/needs.ts";
import { openedSince, openFiles } from "#test/support/open-files.ts";

const uname = call("uname", [memory("utsname", UTSNAME_BYTES)]);
const nameIn = (peeked: Peeked): string => parseUtsname(peeked.area("utsname") ?? new Uint8Array(0)).hostname;

describe("peek()", () => {
  test("gives what its calls saved, and the files that they opened", () => {
    const open = call("openat", [AT.FDCWD, "/proc/sys/kernel/hostname", 0], { save: memory("file", 8) });
    const peeked = peek({ join: [], calls: [uname, open] });
    const hostname = readFileSync("/proc/sys/kernel/hostname", "utf8").trim();
    expect(peeked.failure).toBeUndefined();
    expect(nameIn(peeked)).toBe(hostname);
    const file = savedFile(peeked, "file");
    if ("errno" in file) throw new Error(`errno ${file.errno}`);
    expect(new TextDecoder().decode(readAll(file.fd)).trim()).toBe(hostname);
    closeFile(file.fd);
  });

  test("names the call that failed, and does no more", () => {
    const missing = call("openat", [AT.FDCWD, "/no/such/file", 0]);
    const peeked = peek({ join: [], calls: [missing, uname] });
    expect(peeked.failure).toEqual({ syscall: "openat", errno: 2 });
    expect(nameIn(peeked)).toBe("");
  });

  test("leaves no process, no file and no other dumpable flag behind", () => {
    peek({ join: [], calls: [uname] });
    const look = (): readonly unknown[] => [childrenOf(process.pid), rawSyscall("prctl", PR.GET_DUMPABLE, 0, 0, 0, 0)];
    const [before, files] = [look(), openFiles()];
    for (let n = 0; n < 20; n++) peek({ join: [], calls: [uname] });
    expect(look()).toEqual([...before]);
    expect(openedSince(files)).toEqual([]);
  });

  testWith(["userns"], "enters a box's namespaces, the user namespace first", async () => {
    await using box = await liveBox(["--hostname", "inside"]);
    const [user, uts] = [openFile(`/proc/${box.init}/ns/user`, 0), openFile(`/proc/${box.init}/ns/uts`, 0)];
    const entered = peek({
      join: [
        { type: "user", fd: user },
        { type: "uts", fd: uts },
      ],
      calls: [uname],
    });
    expect(nameIn(entered)).toBe("inside");
    expect(nameIn(peek({ join: [], calls: [uname] }))).not.toBe("inside");
    for (const fd of [user, uts]) closeFile(fd);
  });
});
