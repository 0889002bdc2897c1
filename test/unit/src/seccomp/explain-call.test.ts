import { describe, expect, test } from "bun:test";
import { NATIVE } from "#src/seccomp/compile.ts";
import { defaultFilter } from "#src/seccomp/default-filter.ts";
import { defaultPolicy } from "#src/seccomp/default-policy.ts";
import { answerText, callNumber, type CallAnswer, explainCall } from "#src/seccomp/explain-call.ts";
import { unpackProgram } from "#src/seccomp/program.ts";

function ask(word: string, args: readonly bigint[], held: readonly string[] = []): CallAnswer {
  const nr = callNumber("x64", word) ?? Number.NaN;
  return explainCall(defaultPolicy("x64"), unpackProgram(defaultFilter("x64", held)), held, { nr, args });
}

describe("explainCall()", () => {
  test("says what, why, and with what it would be allowed", () => {
    const answer = ask("mount", []);
    expect(answer.decision).toBe("refuse with EPERM (Operation not permitted)");
    expect(answer.why).toStartWith("Mounts and namespaces.");
    expect(answer.liftedBy).toEqual(["nested", "CAP_SYS_ADMIN"]);
    expect(answerText(answer)).toContain("with  --nested or --cap-add SYS_ADMIN it is allowed");
  });

  test("asks the program that a box with these capabilities has", () => {
    expect(ask("mount", [], ["nested"])).toMatchObject({ decision: "allow", liftedBy: [] });
  });

  test("shows every rule where arguments matter, and says so when none is given", () => {
    const answer = ask("ioctl", [0n, 0x5412n]);
    expect(answer.decision).toStartWith("refuse with EPERM");
    expect(answer.rules.at(-1)).toBe("allow: otherwise");
    expect(answer.rules[0]).toBe("refuse with EPERM (Operation not permitted): arg 1 (32 bits) == 0x5412");
    expect(answerText(ask("ioctl", []))).toStartWith("ioctl  depends on its arguments; if all are 0: allow\n");
  });

  test("keeps its lines short", () => {
    const lines = ["socket", "clone", "ioctl", "mount"].flatMap((name) => answerText(ask(name, [])).split("\n"));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
  });
});

describe("callNumber()", () => {
  test.each<[word: string, nr: number | undefined]>([
    ["read", 0],
    ["59", 59],
    ["0x3b", 59],
    ["4294967295", 4294967295],
    ["4294967296", undefined],
    ["toString", undefined],
    ["-1", undefined],
    ["", undefined],
  ])("%p is %p", (word, nr) => {
    expect(callNumber("x64", word)).toBe(nr);
  });

  test("knows each machine's own numbers", () => {
    expect([callNumber("arm64", "read"), callNumber("arm64", "open")]).toEqual([63, undefined]);
    expect(NATIVE.x64).not.toBe(NATIVE.arm64);
  });
});
