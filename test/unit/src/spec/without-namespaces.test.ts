import { describe, expect, test } from "bun:test";
import { NsboxError } from "#src/error.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { type Entry, readableTrees, rulesWithoutNamespaces } from "#src/spec/without-namespaces.ts";
import { NO_OPTIONS, ROOT_FACTS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const OPTIONS: RunOptions = { ...NO_OPTIONS, noNamespaces: true };
const PATHS = { ...SAMPLE_FACTS.paths, "/dev/null": "device" } as const;

function writable(options: Partial<RunOptions>, facts: Partial<HostFacts> = {}): readonly string[] {
  const rules = rulesWithoutNamespaces({ ...OPTIONS, ...options }, { ...SAMPLE_FACTS, paths: PATHS, ...facts });
  return rules.flatMap((rule) => ("path" in rule && rule.writable ? rule.path : []));
}

describe("a Spec without namespaces", () => {
  test("keeps every one of the caller's and mounts nothing", () => {
    const spec = buildSpec(OPTIONS, SAMPLE_FACTS);
    expect(new Set(Object.values(spec.linux.namespaces).map(({ kind }) => kind))).toEqual(new Set(["host"]));
    expect([spec.mounts, spec.linux.uidMappings, spec.box.protected]).toEqual([[], [], []]);
    expect(spec.process.user).toMatchObject({ uid: 1000, gid: 1000 });
  });

  test("takes every capability from root, but for what is asked for", () => {
    expect(buildSpec(OPTIONS, ROOT_FACTS).process.capabilities.bounding).toEqual([]);
    const asked = buildSpec({ ...OPTIONS, capAdd: ["CAP_CHOWN"] }, ROOT_FACTS).process.capabilities;
    expect([asked.bounding, asked.effective]).toEqual([["CAP_CHOWN"], ["CAP_CHOWN"]]);
  });

  test("lets only devices that keep nothing be written to, and what --rw and --home rw show", () => {
    expect(writable({})).toEqual(["/dev/null"]);
    const rw = { kind: "bind", source: "/data", destination: undefined, readOnly: false, flag: "--rw" } as const;
    expect(writable({ mounts: [rw] })).toEqual(["/dev/null", "/data"]);
    expect(writable({ mounts: [{ ...rw, readOnly: true }] })).toEqual(["/dev/null"]);
    expect(writable({ home: "rw" })).toEqual(["/dev/null", "/home", "/root", "/home/ann"]);
  });

  test("shows the working folder below a home, but not a home itself", () => {
    const shown = (cwd: string): boolean =>
      rulesWithoutNamespaces(OPTIONS, { ...SAMPLE_FACTS, cwd }).some((rule) => "path" in rule && rule.path === cwd);
    expect(["/home/ann/project", "/home/ann", "/home/bob", "/home", "/tmp/x", "/opt"].map(shown)).toEqual([
      true,
      false,
      false,
      false,
      true,
      false,
    ]);
  });

  test("refuses what needs a namespace or a mount, and a kernel without Landlock", () => {
    const refusal = (options: Partial<RunOptions>, facts: Partial<HostFacts> = {}): string => {
      try {
        buildSpec({ ...OPTIONS, ...options }, { ...SAMPLE_FACTS, ...facts });
      } catch (error) {
        if (error instanceof NsboxError) return error.message;
      }
      return "nothing is refused";
    };
    expect(refusal({ namespaces: { user: { kind: "new" } } })).toStartWith("Cannot use --userns with --no-namespaces");
    expect(refusal({ hide: ["/data"] })).toStartWith("Cannot use --hide with");
    expect(refusal({ landlock: false })).toStartWith("Cannot use --no-landlock with");
    expect(refusal({}, { landlockAbi: 1 })).toContain("this kernel has no Landlock");
    const moved = { kind: "bind", source: "/data", destination: "/d", readOnly: true, flag: "--ro" } as const;
    expect(refusal({ mounts: [moved] })).toContain('Cannot show "/data" as "/d"');
    expect(refusal({ mounts: [{ ...moved, destination: "/data" }] })).toBe("nothing is refused");
  });
});

test("readable trees are the largest that hold nothing hidden, and follow no link", () => {
  const folders: Readonly<Record<string, readonly Entry[]>> = {
    "/": [folder("etc"), folder("home"), folder("var"), file("vmlinuz")],
    "/var": [folder("log"), folder("tmp")],
  };
  const trees = readableTrees(["/home", "/var/tmp"], (path) => folders[path] ?? []);
  expect(trees.map(({ path, isFile }) => [path, isFile])).toEqual([
    ["/etc", false],
    ["/var/log", false],
    ["/vmlinuz", true],
  ]);
  expect(trees.some((rule) => rule.writable)).toBe(false);
});

function folder(name: string): Entry {
  return { name, isFolder: true };
}

function file(name: string): Entry {
  return { name, isFolder: false };
}
