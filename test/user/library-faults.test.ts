// Every record of what the library starts, broken once: there is an error that names the step, or the command has run;
// whatever comes of it, it ends, and nothing stays.
import { expect, test } from "bun:test";
import { closeFile, type Fd } from "#ffi/libc/fd.ts";
import { openPidfd, pollFiles } from "#ffi/libc/process.ts";
import { readBoxNote } from "#ffi/runner/box-elf.ts";
import { PASS_ALL } from "#ffi/runner/start.ts";
import { RECORD_BYTES } from "#ffi/tape/format.ts";
import { POLL } from "#ffi/uapi/poll.ts";
import { CALLER, type RecordFacts } from "#src/compile/caller.ts";
import { compilablePlan } from "#src/compile/compilable-plan.ts";
import { type BoxInput, compileForCaller } from "#src/compile/compile-box.ts";
import { NsboxError } from "#src/error.ts";
import { box } from "#src/index.ts";
import { readBoxOptions } from "#src/library/box-options.ts";
import { decide } from "#src/library/decide.ts";
import { type Executable, REPORT_FD } from "#src/library/executable.ts";
import { start, takeReport } from "#src/library/start.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import { buildExecPlan } from "#src/plan/plan-exec.ts";
import { buildIdlePlan } from "#src/plan/plan-idle.ts";
import type { Plan } from "#src/plan/plan.ts";
import { TARGET } from "#src/plan/steps/enter.ts";
import { otherNamespaces } from "#src/run/run-exec.ts";
import type { Spec } from "#src/spec/spec.ts";
import { childrenOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { waitFor } from "#test/support/nsbox.ts";
import { closedSince, openFiles } from "#test/support/open-files.ts";

const TAPES = ["launch", "init", "command"] as const;
type Broken = NonNullable<NonNullable<BoxInput["caller"]>["breakRecord"]>;

interface Victim {
  readonly plan: Plan;
  readonly spec: Spec;
  readonly input: Omit<BoxInput, "plan" | "caller">;
  readonly files: Readonly<Record<string, Fd>>;
  /** It runs no command, and stays. */
  readonly stays: boolean;
}

function compileBroken({ plan, spec, input, files }: Victim, breakRecord: Broken | undefined): Executable {
  const compilable = compilablePlan(plan, "program");
  const named = Object.keys(files).map((name, n) => [name, REPORT_FD + 1 + n] as const);
  const numbers = Object.fromEntries([[CALLER, REPORT_FD], ...named]);
  const caller = { pid: process.pid, files: numbers, ...(breakRecord === undefined ? {} : { breakRecord }) };
  const { bytes, failures } = compileForCaller({ ...input, plan: compilable, caller });
  return { bytes, failures, plan: compilable, spec, files: Object.keys(files) };
}

/** What comes of it: an error, or the exit code. */
async function outcomeOf(victim: Victim, executable: Executable): Promise<unknown> {
  const { process, reports } = start(executable, {
    stdio: ["ignore", "ignore", "ignore"],
    command: ["/bin/true"],
    env: { PATH: "/usr/bin:/bin" },
    files: Object.values(victim.files),
  });
  try {
    await waitFor(() => isOver(reports), "the report to end", REPORT_MS);
    const { error } = takeReport(reports, executable);
    if (victim.stays) process.kill("SIGALRM");
    await waitFor(() => process.exitCode !== null || process.signalCode !== null, "its end", REPORT_MS);
    return error ?? (await process.exited);
  } finally {
    process.kill("SIGKILL");
  }
}

const REPORT_MS = 5000;

/** Nobody can report any more. */
function isOver(reports: Fd): boolean {
  const [events = 0] = pollFiles([{ fd: reports, events: 0 }], 0);
  return (events & POLL.HUP) !== 0;
}

/** Whether a kernel that refuses this is none: who can't close its pipe or can't wait would try for ever. */
function isEndless({ syscall, origin }: RecordFacts): boolean {
  if (origin === undefined) return syscall === "close";
  return origin.actor === "init" && (syscall === "ppoll" || syscall === "rt_sigtimedwait");
}

async function breakEach(victim: Victim): Promise<void> {
  const whole = compileBroken(victim, undefined);
  const good = victim.stays ? 137 : 0;
  expect(await outcomeOf(victim, whole)).toBe(good);
  const note = readBoxNote(whole.bytes, victim.input.arch);
  const before = { files: openFiles(), children: childrenOf(process.pid) };
  let named = 0;
  for (const tape of TAPES) {
    const { at, count } = note?.[tape] ?? { at: 0, count: 0 };
    for (let record = 0; record < count; record++) {
      const facts = whole.failures.find(at + record * RECORD_BYTES);
      // No tag: a load, or what ends the process.
      if (facts === undefined || isEndless(facts)) continue;
      const what = `${facts.syscall}, record ${record} of ${tape}`;
      const outcome = await outcomeOf(victim, compileBroken(victim, { tape, record })).catch((error: Error) => {
        throw new Error(`${what}: ${error.message}`);
      });
      // 125: nothing has told of it, as it was broken before it could, or once the command ran.
      if (outcome === good || outcome === 125) continue;
      if (!(outcome instanceof NsboxError)) throw new Error(`${what}: ${String(outcome)}`);
      expect(outcome.message).toMatch(/^Cannot .*: /);
      if (outcome.step !== undefined) named++;
    }
  }
  expect(named).toBeGreaterThan(victim.plan.setup.length);
  await waitFor(() => childrenOf(process.pid).length === before.children.length, "what was broken to be gone");
  expect(childrenOf(process.pid)).toEqual(before.children);
  await closedSince(before.files);
}

describeWith(["userns"], "what the library starts, with one record broken", () => {
  const inputFor = ({ arch, uid }: { readonly arch: "x64" | "arm64"; readonly uid: number }): Victim["input"] => ({
    ...{ arch, uid, gid: undefined, env: [PASS_ALL], timeoutMs: undefined, passFds: [], placeholders: [] },
    dieWithParent: true,
  });

  test("run(): an error, or it makes no difference", async () => {
    const { spec, facts } = await decide(readBoxOptions({}), ["/bin/true"]);
    await breakEach({ spec, plan: buildPlan(spec, facts), input: inputFor(facts), files: {}, stays: false });
  }, 120_000);

  test("box(): an error, or it makes no difference", async () => {
    const { spec, facts } = await decide(readBoxOptions({}), ["idle"]);
    await breakEach({ spec, plan: buildIdlePlan(spec, facts), input: inputFor(facts), files: {}, stays: true });
  }, 120_000);

  test("spawn(): an error, or it makes no difference, and none to the box", async () => {
    const { spec, facts } = await decide(readBoxOptions({}), ["/bin/true"]);
    await using b = await box();
    const pidfd = openPidfd(b.pid);
    const entered = { ...spec, box: { ...spec.box, init: false } };
    const plan = buildExecPlan(entered, facts, {
      ...{ namespaces: otherNamespaces(b.pid), joins: [], joinsInside: false, cgroup: "none", root: false },
      ...{ preserveCredentials: false, groups: "box", detach: false },
    });
    await breakEach({ spec: entered, plan, input: inputFor(facts), files: { [TARGET]: pidfd }, stays: false });
    closeFile(pidfd);
    expect((await b.exec(["echo", "still there"])).stdout).toBe("still there\n");
  }, 120_000);
});
