import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { closeFile, readAll } from "#ffi/libc/fd.ts";
import { type Call, call, memory, result } from "#ffi/tape/call.ts";
import { AT } from "#ffi/uapi/fcntl.ts";
import { parseUtsname, UTSNAME_BYTES } from "#src/inspect/groups/names.ts";
import { savedFile } from "#src/inspect/visit.ts";
import { playHere } from "#src/inspect/visit-here.ts";
import { peek, type Peeked } from "#src/run/peek.ts";

const WAYS: readonly (readonly [name: string, play: (calls: readonly Call[]) => Peeked])[] = [
  ["playHere()", playHere],
  ["peek() into no other namespace", (calls) => peek({ join: [], calls })],
];

const uname = call("uname", [memory("utsname", UTSNAME_BYTES)]);
const nameIn = (peeked: Peeked): string => parseUtsname(peeked.area("utsname") ?? new Uint8Array(0)).hostname;
const open = (path: string, options: Parameters<typeof call>[2]): Call => call("openat", [AT.FDCWD, path, 0], options);

describe.each(WAYS)("%s", (_, play) => {
  test("fills memory, and hands over what it opened", () => {
    const hostname = readFileSync("/proc/sys/kernel/hostname", "utf8").trim();
    const peeked = play([uname, open("/proc/sys/kernel/hostname", { save: memory("file", 8) })]);
    expect(peeked.failure).toBeUndefined();
    expect(nameIn(peeked)).toBe(hostname);
    const file = savedFile(peeked, "file");
    if ("errno" in file) throw new Error(`errno ${file.errno}`);
    expect(new TextDecoder().decode(readAll(file.fd)).trim()).toBe(hostname);
    closeFile(file.fd);
  });

  test("names the call that failed with no way on, and makes no more", () => {
    const peeked = play([open("/no/such/file", {}), uname]);
    expect(peeked.failure).toEqual({ syscall: "openat", errno: 2 });
    expect(nameIn(peeked)).toBe("");
  });

  test("saves an errno, and goes on where the call says", () => {
    const peeked = play([
      open("/no/such/file", { save: memory("file", 8), fail: "on" }),
      uname,
      call("getpid", [], { label: "on" }),
    ]);
    expect(savedFile(peeked, "file")).toEqual({ errno: 2 });
    expect(peeked.failure).toBeUndefined();
    expect(nameIn(peeked)).toBe("");
  });

  test("lets pass the errno that a case names", () => {
    const cases = [{ equals: "ENOENT", then: "next" } as const];
    const peeked = play([open("/no/such/file", { save: memory("file", 8), cases }), uname]);
    expect(peeked.failure).toBeUndefined();
    expect(nameIn(peeked)).not.toBe("");
  });

  test("takes a word from memory where a later call needs it", () => {
    const peeked = play([
      open("/proc/sys/kernel/hostname", { save: memory("file", 8) }),
      call("load", [memory("file", 8), 0], { label: "to close" }),
      call("close", [result("to close")]),
      call("load", [memory("file", 8), 0], { label: "again" }),
      call("close", [result("again")]),
    ]);
    expect(peeked.failure).toEqual({ syscall: "close", errno: 9 });
  });
});
