import { describe, expect, test } from "bun:test";
import { CAPS } from "#ffi/uapi/capability.ts";
import { buildCapabilities } from "#src/spec/build-capabilities.ts";
import { DEFAULT_CAPABILITIES } from "#src/spec/defaults.ts";
import { parseCapabilities } from "#src/spec/grammar/parse-capability.ts";
import { NO_OPTIONS } from "#test/support/sample-facts.ts";

const sets = (uid: number, capAdd: readonly string[], capDrop: readonly string[]) =>
  buildCapabilities(uid, { ...NO_OPTIONS, capAdd, capDrop });

describe("buildCapabilities()", () => {
  test("gives uid 0 Docker's set, and nothing by inheritance", () => {
    const { bounding, effective, inheritable, ambient } = sets(0, [], []);
    expect([bounding, effective, inheritable, ambient]).toEqual([DEFAULT_CAPABILITIES, DEFAULT_CAPABILITIES, [], []]);
  });

  test("adds and drops by name, in the kernel's order", () => {
    const { permitted } = sets(0, ["CAP_SYSLOG", "CAP_SYS_TIME"], ["CAP_CHOWN"]);
    const wanted = ["CAP_SYSLOG", "CAP_SYS_TIME", ...DEFAULT_CAPABILITIES.filter((name) => name !== "CAP_CHOWN")];
    expect(permitted).toEqual(CAPS.filter((name) => wanted.includes(name)));
  });

  test("drops all, then holds what is added", () => {
    expect(sets(0, ["CAP_KILL"], ["ALL"]).bounding).toEqual(["CAP_KILL"]);
  });

  test("adds all, but what is dropped by name", () => {
    expect(sets(0, ["ALL"], ["CAP_KILL"]).bounding).toEqual(CAPS.filter((name) => name !== "CAP_KILL"));
    expect(sets(0, ["ALL"], ["ALL"]).bounding).toEqual(CAPS);
  });

  test("gives another uid only what was added by name, so that exec keeps it", () => {
    const { bounding, effective, ambient } = sets(1000, ["CAP_SYS_TIME"], []);
    expect([effective, ambient]).toEqual([["CAP_SYS_TIME"], ["CAP_SYS_TIME"]]);
    expect(bounding).toContain("CAP_CHOWN");
    expect(sets(1000, [], []).permitted).toEqual([]);
    expect(sets(1000, ["ALL"], []).ambient).toEqual(CAPS);
  });
});

describe("parseCapabilities()", () => {
  test.each([
    ["net_admin", ["CAP_NET_ADMIN"]],
    ["CAP_NET_ADMIN", ["CAP_NET_ADMIN"]],
    ["Cap_Kill,SYSLOG", ["CAP_KILL", "CAP_SYSLOG"]],
    ["All", ["ALL"]],
  ])("reads %p", (text, names) => {
    expect(parseCapabilities("--cap-add", text)).toEqual(names);
  });

  test.each(["", "net_admn", "kill,", "CAP_", "cap_all"])("refuses %p", (text) => {
    expect(() => parseCapabilities("--cap-add", text)).toThrow(
      `Cannot parse --cap-add ${JSON.stringify(text)}: there is no`,
    );
  });
});
