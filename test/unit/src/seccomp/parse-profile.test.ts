import { describe, expect, test } from "bun:test";
import { parseProfile } from "#src/seccomp/parse-profile.ts";

const rule = (fields: object): object => ({
  defaultAction: "SCMP_ACT_ERRNO",
  syscalls: [{ names: ["read"], action: "SCMP_ACT_ALLOW", ...fields }],
});

describe("parseProfile()", () => {
  test("takes the OCI form, alone or within a config.json", () => {
    const seccomp = {
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: 38,
      architectures: ["SCMP_ARCH_X86_64"],
      flags: ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC"],
      syscalls: [
        { names: ["read"], action: "SCMP_ACT_ALLOW", args: [{ index: 5, value: 2n ** 63n, op: "SCMP_CMP_EQ" }] },
      ],
    };
    const profile = parseProfile(seccomp, "p.json");
    expect(profile).toMatchObject({ defaultErrnoRet: 38, architectures: ["SCMP_ARCH_X86_64"], flags: 0x6 });
    expect(profile.rules[0]?.args).toEqual([{ index: 5, value: 2n ** 63n, valueTwo: 0n, op: "SCMP_CMP_EQ" }]);
    expect(parseProfile({ ociVersion: "1.0.2", linux: { seccomp } }, "p.json")).toEqual(profile);
  });

  test("takes the socket of an agent, and words for it", () => {
    const parse = (fields: object) => parseProfile({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [], ...fields }, "p");
    expect(parse({ listenerPath: "", listenerMetadata: "" }).listener).toBeUndefined();
    expect(parse({ listenerPath: "/run/a", listenerMetadata: "x" }).listener).toEqual({
      path: "/run/a",
      metadata: "x",
    });
    for (const listenerPath of ["run/a", `/${"x".repeat(107)}`, "/a\0b"])
      expect(() => parse({ listenerPath })).toThrow("listenerPath");
    expect(() => parse({ listenerMetadata: "x" })).toThrow("goes with listenerPath only");
  });

  test("takes Docker's and Podman's form: archMap, includes, excludes, errnos by name, null for an empty list", () => {
    const profile = parseProfile(
      {
        defaultAction: "SCMP_ACT_ERRNO",
        defaultErrno: "ENOSYS",
        archMap: [{ architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X32"] }],
        syscalls: [
          {
            name: "bpf",
            names: ["mount"],
            action: "SCMP_ACT_ERRNO",
            errno: "EPERM",
            args: null,
            comment: "",
            includes: { caps: ["CAP_SYS_ADMIN"], minKernel: "4.8" },
            excludes: { arches: ["s390"] },
          },
        ],
      },
      "p.json",
    );
    expect(profile).toMatchObject({ defaultErrnoRet: 38, architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"] });
    expect(profile.rules[0]).toEqual({
      names: ["bpf", "mount"],
      action: "SCMP_ACT_ERRNO",
      errnoRet: 1,
      args: [],
      includes: { caps: ["CAP_SYS_ADMIN"], arches: [], minKernel: [4, 8] },
      excludes: { caps: [], arches: ["s390"], minKernel: undefined },
    });
  });

  const wrong: readonly (readonly [document: unknown, message: string])[] = [
    [[], "is [], not an object"],
    [null, "is missing"],
    [{}, "defaultAction is missing"],
    [{ defaultAction: "ALLOW" }, 'defaultAction is "ALLOW", which is not known'],
    [{ defaultAction: "SCMP_ACT_ALLOW", syscall: [] }, 'has the unknown key "syscall"'],
    [{ defaultAction: "SCMP_ACT_ALLOW", syscalls: {} }, "syscalls is {}, not a list"],
    [
      { defaultAction: "SCMP_ACT_ALLOW", defaultErrnoRet: 1 },
      "defaultErrnoRet goes with SCMP_ACT_ERRNO and SCMP_ACT_TRACE",
    ],
    [{ defaultAction: "SCMP_ACT_ALLOW", architectures: ["x86"] }, 'architectures[0] is "x86"'],
    [{ defaultAction: "SCMP_ACT_ALLOW", flags: ["LOG"] }, 'flags[0] is "LOG", which is not known'],
    [rule({ names: [] }), "syscalls[0] names no system call"],
    [rule({ names: [7] }), "syscalls[0].names[0] is 7, not a text"],
    [rule({ action: "SCMP_ACT_KILLL" }), 'syscalls[0].action is "SCMP_ACT_KILLL"'],
    [rule({ errnoRet: 5 }), "syscalls[0].errnoRet goes with"],
    [rule({ action: "SCMP_ACT_ERRNO", errno: "ENOPE" }), "syscalls[0].errno is not the name of an errno"],
    [rule({ action: "SCMP_ACT_ERRNO", errnoRet: 5000 }), "syscalls[0].errnoRet is 5000"],
    [rule({ args: [{ index: 6, value: 0, op: "SCMP_CMP_EQ" }] }), "syscalls[0].args[0].index is 6"],
    [rule({ args: [{ index: 0, value: -1, op: "SCMP_CMP_EQ" }] }), "syscalls[0].args[0].value is -1"],
    [rule({ args: [{ index: 0, value: 1.5, op: "SCMP_CMP_EQ" }] }), "syscalls[0].args[0].value is 1.5"],
    [rule({ args: [{ index: 0, value: 2n ** 64n, op: "SCMP_CMP_EQ" }] }), "value is 18446744073709551616"],
    [rule({ args: [{ index: 0, value: 1, op: "==" }] }), 'syscalls[0].args[0].op is "==", which is not known'],
    [rule({ includes: { caps: ["CAP_NOPE"] } }), "syscalls[0].includes.caps[0] is not the name of a capability"],
    [rule({ includes: { minKernel: "new" } }), "syscalls[0].includes.minKernel is not a version of the kernel"],
    [rule({ excludes: { arch: [] } }), 'syscalls[0].excludes has the unknown key "arch"'],
  ];

  // The documents hold bigints, which the titles of test.each() can't show.
  for (const [document, message] of wrong)
    test(`says in one line: ${message}`, () => {
      const error = expect(() => parseProfile(document, "p.json"));
      error.toThrow(expect.objectContaining({ code: "EUSAGE", hint: expect.stringMatching(/./) }));
      error.toThrow(message);
      error.toThrow(/^Cannot use the seccomp profile "p.json": [^\n]+$/);
    });
});
