// Many boxes: nothing adds up.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { closeFile } from "#ffi/libc/fd.ts";
import { waitFor } from "#ffi/libc/process.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import { launch } from "#src/run/launch.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import { childrenOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { openedSince, openFiles } from "#test/support/open-files.ts";
import { NO_OPTIONS } from "#test/support/sample-facts.ts";

function residentKb(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

describeWith(["userns"], "a thousand boxes one after another", () => {
  test("leave no zombie, mount, file, descriptor or memory", () => {
    const facts = readFacts(NO_OPTIONS);
    const plan = buildPlan(buildSpec(NO_OPTIONS, facts), facts);
    const make = (count: number): void => {
      for (let n = 0; n < count; n++) {
        const box = launch(plan, facts);
        expect(waitFor(box.pidfd)).toEqual({ kind: "exited", status: 0 });
        closeFile(box.pidfd);
      }
    };
    const look = () => ({
      children: childrenOf(process.pid),
      mounts: readFileSync("/proc/self/mountinfo", "utf8"),
      mappings: readFileSync("/proc/self/maps", "utf8")
        .split("\n")
        .filter((line) => line.includes("memfd:nsbox")).length,
      temporary: readdirSync("/tmp").filter((name) => name.startsWith("nsbox") && !name.startsWith("nsbox-test"))
        .length,
    });
    make(100);
    Bun.gc(true);
    const files = openFiles();
    const before = { ...look(), memory: residentKb() };
    make(1000);
    Bun.gc(true);
    const { memory, ...rest } = before;
    expect(look()).toEqual(rest);
    expect(openedSince(files)).toEqual([]);
    // A leak of one tape a box would be 60 MB.
    expect(residentKb() - memory).toBeLessThan(20_000);
  }, 120_000);
});
