import { describe, expect, test } from "bun:test";
import { landlockRights } from "#src/plan/steps/confine.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { LandlockRule } from "#src/spec/spec.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const landlock = (options: Partial<RunOptions>, facts: Partial<HostFacts> = {}) =>
  buildSpec({ ...NO_OPTIONS, ...options }, { ...SAMPLE_FACTS, ...facts }).box.landlock;
const writable = (rules: readonly LandlockRule[] | undefined): readonly string[] =>
  (rules ?? []).flatMap((rule) => ("path" in rule && rule.writable ? [rule.path] : []));

describe("buildLandlock()", () => {
  test("allows to write where the mounts allow it, and nowhere else", () => {
    const files = landlock({})?.files;
    expect(writable(files)).toEqual([
      "/dev",
      "/proc",
      "/dev/mqueue",
      "/tmp",
      "/run",
      "/var/tmp",
      "/home",
      "/root",
      "/home/ann",
    ]);
    expect(files?.[0]).toEqual({ path: "/", isFile: false, writable: false });
  });

  test("adds what --rw shows, and knows a file from a folder", () => {
    const rw = (source: string) =>
      ({ kind: "bind", source, destination: undefined, readOnly: false, flag: "--rw" }) as const;
    const files = landlock({ mounts: [rw("/data"), rw("/data/file"), { ...rw("/etc"), readOnly: true }] })?.files;
    expect(files).toContainEqual({ path: "/data", isFile: false, writable: true });
    expect(files).toContainEqual({ path: "/data/file", isFile: true, writable: true });
    expect(writable(files)).not.toContain("/etc");
  });

  test("has one rule for each place, by what is mounted there last", () => {
    const bind = { kind: "bind", source: "/tmp", destination: undefined, flag: "--rw" } as const;
    const rules = (readOnly: boolean): number =>
      writable(landlock({ mounts: [{ ...bind, readOnly }] })?.files).filter((path) => path === "/tmp").length;
    expect([rules(false), rules(true)]).toEqual([1, 0]);
  });

  test("has no rule for a place that a later mount covers", () => {
    const bind = (source: string, destination: string) =>
      ({ kind: "bind", source, destination, readOnly: false, flag: "--rw" }) as const;
    const paths = writable(landlock({ mounts: [bind("/data", "/tmp/y"), bind("/data", "/tmp")] })?.files);
    expect(paths).toContain("/tmp");
    expect(paths).not.toContain("/tmp/y");
  });

  test("lets what was passed be opened again as it was opened, unless the box has a terminal of its own", () => {
    expect(landlock({})?.files).toContainEqual({ fd: 1, access: "write" });
    expect(landlock({ tty: true })?.files?.some((rule) => "fd" in rule)).toBe(false);
  });

  test.each([
    [{ nested: true }],
    [{ capAdd: ["CAP_SYS_ADMIN"] }],
    [{ overlay: true }],
    [{ namespaces: { mnt: { kind: "host" } } }],
  ] as const)("does not look at files with %j, where mounting or writing anywhere is wanted", (options) => {
    expect(landlock(options)).toEqual({ files: undefined, tcp: true });
  });

  test("is left out where the kernel has none, or it is not wanted", () => {
    expect(landlock({}, { landlockAbi: 0 })).toBeUndefined();
    expect(landlock({}, { landlockAbi: 1 })).toBeUndefined();
    expect(landlock({ landlock: false })).toBeUndefined();
  });

  test("is left out where the kernel's is about files only, and the box's files are not looked at", () => {
    expect(landlock({ overlay: true }, { landlockAbi: 5 })).toBeUndefined();
    expect(landlock({}, { landlockAbi: 2 })?.files).toBeDefined();
    expect(() => landlock({ overlay: true, landlock: true }, { landlockAbi: 5 })).toThrow("before Linux 6.12");
  });

  test("is an error where it is insisted on and missing", () => {
    const refused = () => landlock({ landlock: true }, { landlockAbi: 0 });
    expect(refused).toThrow("Cannot use --landlock: this kernel has not got it");
    expect(() => landlock({ landlock: true }, { landlockAbi: 1 })).toThrow("older than Linux 5.19");
  });
});

test.each([
  [1, 0x1fff],
  [2, 0x3fff],
  [3, 0x7fff],
  [4, 0x7fff],
  [5, 0xffff],
  [9, 0xffff],
])("landlockRights() of ABI %d are %d", (abi, rights) => {
  expect(landlockRights(abi)).toBe(rights);
});
