import { describe, expect, test } from "bun:test";
import { mayBeReady } from "#src/ready/may-be-ready.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { NO_OPTIONS, SAMPLE_FACTS } from "#test/support/sample-facts.ts";

const FACTS: HostFacts = {
  ...SAMPLE_FACTS,
  passedFiles: [
    { fd: 0, access: "read" },
    { fd: 1, access: "write" },
    { fd: 2, access: "write" },
  ],
};
const may = (options: Partial<RunOptions>, facts: Partial<HostFacts> = {}): boolean =>
  mayBeReady({ ...NO_OPTIONS, ...options }, NO_OPTIONS, { ...FACTS, ...facts });

describe("mayBeReady()", () => {
  test("is so for what flags alone decide", () => {
    expect(may({})).toBe(true);
    expect(may({ hostname: "x", capDrop: ["ALL"], timeoutMs: 5, namespaces: { ipc: { kind: "new" } } })).toBe(true);
    expect(may({ mounts: [{ kind: "tmpfs", destination: "/x", ...TMPFS }] })).toBe(true);
  });

  test.each<[why: string, Partial<RunOptions>]>([
    ["a file that says more", { config: "box.toml" }],
    ["variables of a file", { envFiles: ["env"] }],
    ["a profile's file", { seccomp: "profile.json" }],
    ["somebody else's namespace", { namespaces: { net: { kind: "pid", pid: 5 } } }],
    ["the host's namespace", { namespaces: { net: { kind: "host" } } }],
    ["a terminal", { tty: true }],
    ["descriptors", { passFds: [5] }],
    ["what is read of the machine", { overlay: true }],
    ["a box that lives on", { detach: true }],
    ["hosts by name", { netLog: "log" }],
    ["subordinate ids", { subids: true }],
    ["no init", { init: false }],
    ["an audit", { audit: "-" }],
    ["a look at the plan", { dryRun: true }],
  ])("is not with %s", (_why, options) => {
    expect(may(options)).toBe(false);
  });

  test("is not on a terminal, with a folder or nothing as a stream, or a folder of others as root", () => {
    expect(may({}, { terminal: true })).toBe(false);
    expect(may({}, { passedFiles: FACTS.passedFiles.slice(1) })).toBe(false);
    expect(may({}, { openFolders: [0] })).toBe(false);
    expect(may({ root: { kind: "dir", path: "/srv" } }, { uid: 0 })).toBe(false);
    expect(may({ root: { kind: "dir", path: "/srv" } })).toBe(true);
  });

  test("is not with an option that it does not know", () => {
    const options = { ...NO_OPTIONS, later: true };
    expect(mayBeReady(options, NO_OPTIONS, FACTS)).toBe(false);
  });
});

const TMPFS = { sizeBytes: undefined, mode: undefined, readOnly: false, noexec: false } as const;
