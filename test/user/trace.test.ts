// NSBOX_TRACE=1: where the time of a cold run goes.
import { expect, test } from "bun:test";
import { describeWith } from "#test/support/needs.ts";
import { nsbox } from "#test/support/nsbox.ts";

const traced = (args: readonly string[]) => nsbox(args, { env: { ...process.env, NSBOX_TRACE: "1" } });
const LINE = /^nsbox: trace +(\d+\.\d{3}) ms {2}(\S.*)$/;

describeWith(["userns"], "NSBOX_TRACE=1", () => {
  test("prints the time of each phase to stderr, and their sum, before the command runs", async () => {
    const { stdout, stderr, exitCode } = await traced(["run", "--", "sh", "-c", "echo out; echo err >&2; exit 3"]);
    expect({ stdout, exitCode }).toEqual({ stdout: "out\n", exitCode: 3 });
    const phases = stderr.split("\n").flatMap((line) => {
      const [, ms, phase] = LINE.exec(line) ?? [];
      return ms === undefined || phase === undefined ? [] : [{ ms: Number(ms), phase }];
    });
    expect(phases.length).toBeGreaterThan(8);
    expect(phases.every(({ ms }) => ms >= 0)).toBe(true);
    const total = phases.pop();
    expect(total?.phase).toBe("in all, until the command runs");
    expect(total?.ms).toBeCloseTo(
      phases.reduce((sum, { ms }) => sum + ms, 0),
      1,
    );
    expect(stderr.split("\n").filter((line) => line !== "" && !LINE.test(line))).toEqual(["err"]);
  });

  test("tells also where nsbox stays, as it does for --json", async () => {
    const { stderr, exitCode } = await traced(["run", "--json", "--", "true"]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("in all, until the command runs");
    expect(stderr).not.toContain("watcher");
  });

  test("does not reach the command", async () => {
    const { stdout } = await traced(["run", "--", "env"]);
    expect(stdout).not.toContain("NSBOX_TRACE");
  });

  test("is silent with any other value", async () => {
    for (const value of ["", "0", "true"]) {
      const { stderr } = await nsbox(["run", "--", "true"], { env: { ...process.env, NSBOX_TRACE: value } });
      expect(stderr).toBe("");
    }
  });
});
