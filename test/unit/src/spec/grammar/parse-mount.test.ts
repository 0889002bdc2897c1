import { describe, expect, test } from "bun:test";
import { parseBind, parseMount, parseTmpfs } from "#src/spec/grammar/parse-mount.ts";

describe("parseBind()", () => {
  test.each([
    ["/data", "/data", undefined],
    ["data", "data", undefined],
    ["/data:/in", "/data", "/in"],
    ["a\\:b:/in", "a:b", "/in"],
    ["/a\\\\:/in", "/a\\", "/in"],
    ["/a:/in:side", "/a", "/in:side"],
    ["/a\\", "/a\\", undefined],
  ])("takes %j", (text, source, destination) => {
    expect(parseBind("--ro", text)).toEqual({ kind: "bind", source, destination, readOnly: true, flag: "--ro" });
  });

  test("--rw is writable", () => {
    expect(parseBind("--rw", "/data")).toMatchObject({ readOnly: false, flag: "--rw" });
  });

  test.each([
    ["", "a path is empty"],
    [":/in", "a path is empty"],
    ["/a:", "a path is empty"],
    ["/a\0", "a path holds a NUL byte"],
  ])("refuses %j: %s", (text, why) => {
    expect(() => parseBind("--rw", text)).toThrow(`Cannot parse --rw ${JSON.stringify(text)}: ${why}`);
  });
});

const TMPFS = {
  kind: "tmpfs",
  destination: "/t",
  sizeBytes: undefined,
  mode: undefined,
  readOnly: false,
  noexec: false,
};

describe("parseTmpfs()", () => {
  test.each([
    ["/t", {}],
    ["/t:size=64m", { sizeBytes: 64 * 2 ** 20 }],
    ["/t:mode=0700,ro,noexec", { mode: 0o700, readOnly: true, noexec: true }],
    ["/t:ro,rw", { readOnly: false }],
    ["/a\\:b", { destination: "/a:b" }],
  ])("takes %j", (text, expected) => {
    expect<unknown>(parseTmpfs(text)).toEqual({ ...TMPFS, ...expected });
  });

  test.each([
    ["t", 'the destination "t" is not absolute'],
    ["", "a path is empty"],
    ["/t:exec", '"exec" is not one of its options'],
    ["/t:size", '"size" is not one of its options'],
    ["/t:ro=1", '"ro=1" is not one of its options'],
    ["/t:size=x", 'Cannot parse --tmpfs size "x"'],
    ["/t:mode=9", 'Cannot parse --tmpfs mode "9"'],
  ])("refuses %j: %s", (text, why) => {
    expect(() => parseTmpfs(text)).toThrow(why);
  });
});

const BIND = { kind: "bind", source: "/a", destination: "/b", readOnly: false, flag: "--mount" };

describe("parseMount()", () => {
  test.each([
    ["type=bind,src=/a,dst=/b", BIND],
    ["src=/a,dst=/b", BIND],
    ["source=/a,destination=/b,readonly", { ...BIND, readOnly: true }],
    ["source=/a,target=/b,ro=1", { ...BIND, readOnly: true }],
    ["src=/a,dst=/b,readonly=false", BIND],
    ["src=a=b,dst=/b", { ...BIND, source: "a=b" }],
    ["type=tmpfs,dst=/t,tmpfs-size=1k,tmpfs-mode=755", { ...TMPFS, sizeBytes: 1024, mode: 0o755 }],
    ["type=proc,dst=/p", { kind: "proc", destination: "/p" }],
    ["type=sysfs,dst=/s", { kind: "sysfs", destination: "/s" }],
    ["type=mqueue,dst=/m", { kind: "mqueue", destination: "/m" }],
    ["type=devpts,dst=/d", { kind: "devpts", destination: "/d" }],
  ])("takes %j", (text, expected) => {
    // The type of each row is its own; what counts is the value.
    expect<unknown>(parseMount(text)).toEqual(expected);
  });

  test.each([
    ["src=/a", "dst is missing"],
    ["dst=/b", "src is missing"],
    ["src,dst=/b", "the value of src is missing"],
    ["src=,dst=/b", "a path is empty"],
    ["src=/a,dst=b", 'the destination "b" is not absolute'],
    ["src=/a,source=/c,dst=/b", '"source" stands twice'],
    ["type=nfs,dst=/b", '"nfs" is not a type'],
    ["bogus=1,dst=/b", '"bogus" is not one of its keys'],
    ["constructor=1,dst=/b", '"constructor" is not one of its keys'],
    ["src=/a,dst=/b,readonly=maybe", 'readonly is "maybe"'],
    ["", '"" is not one of its keys'],
    ["type,src=/a,dst=/b", "the value of type is missing"],
    ["type=constructor,dst=/b", '"constructor" is not a type'],
    ["type=tmpfs,dst=/t,tmpfs-size", "the value of tmpfs-size is missing"],
  ])("refuses %j: %s", (text, why) => {
    expect(() => parseMount(text)).toThrow(why);
  });

  test.each([
    ["type=proc,dst=/p,readonly", "proc takes no readonly", "give proc only dst"],
    ["type=sysfs,dst=/s,ro=true", "sysfs takes no readonly", "give sysfs only dst"],
    ["type=devpts,src=/a,dst=/d", "devpts takes no src", "give devpts only dst"],
    ["type=mqueue,dst=/q,tmpfs-mode=700", "mqueue takes no tmpfs-mode", "give mqueue only dst"],
    ["type=tmpfs,source=/a,dst=/t", "tmpfs takes no src", "give tmpfs only dst, readonly, tmpfs-size, tmpfs-mode"],
    ["src=/a,dst=/b,tmpfs-size=1m", "bind takes no tmpfs-size", "give bind only dst, src, readonly"],
  ])("%j: says so where the type cannot do what is asked: %s", (text, why, hint) => {
    const message = `Cannot parse --mount ${JSON.stringify(text)}: ${why}`;
    expect(() => parseMount(text)).toThrow(expect.objectContaining({ message, hint }));
  });
});
