// Every call of a real pin's launch, broken once: the error names its step, and no process or file stays.
import { expect, test } from "bun:test";
import { closeFile } from "#ffi/libc/fd.ts";
import { sendSignal, waitFor } from "#ffi/libc/process.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { NsboxError } from "#src/error.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { type LoweredTape, lowerInit, lowerLaunch } from "#src/plan/lower-plan.ts";
import { buildPinPlan } from "#src/plan/plan-pin.ts";
import { launch, type LaunchOptions } from "#src/run/launch.ts";
import { NAMESPACE_TYPES } from "#src/spec/spec.ts";
import { childrenOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { openedSince, openFiles } from "#test/support/open-files.ts";
import { NO_OPTIONS } from "#test/support/sample-facts.ts";

interface Breakable {
  readonly record: number;
  readonly call: string;
  readonly actor: string;
  readonly index: number;
}

/** The calls whose failure is one, and can be told: once the holder has closed its files it can't report any more. */
function breakableCalls({ calls, origins }: LoweredTape): readonly Breakable[] {
  let next = 0;
  return calls.flatMap((call, index) => {
    const record = next;
    next += call.as === undefined ? 1 : 2;
    const origin = origins[index];
    if (origin === undefined || origin.actor === "launcher") return [];
    if (call.cases?.some(({ equals }) => equals === "ENOSYS") === true) return [];
    if (origin.actor === "init" && (call.name === "close_range" || call.name === "ppoll")) return [];
    return [{ record, call: call.name, actor: origin.actor, index: origin.index }];
  });
}

describeWith(["userns"], "a pin whose kernel refuses one call", () => {
  test("every step is named, and no process or file stays", () => {
    const facts = readFacts(NO_OPTIONS);
    const pin = { name: "x", types: NAMESPACE_TYPES, hostname: "x", domainname: "y" };
    const plan = buildPinPlan({ ...pin, timeOffsets: { monotonic: 1, boottime: 1 } }, facts);
    const attempt = (options: LaunchOptions): unknown => {
      try {
        const holder = launch(plan, facts, options);
        sendSignal(holder.pidfd, SIG.KILL);
        waitFor(holder.pidfd);
        closeFile(holder.pidfd);
        return undefined;
      } catch (error) {
        if (!(error instanceof NsboxError)) throw error;
        return { errno: error.errno?.name, actor: error.step?.actor, index: error.step?.index };
      }
    };
    // The first launch opens what later ones share: libc, the runner.
    expect(attempt({})).toBeUndefined();
    const before = { files: openFiles(), children: childrenOf(process.pid) };
    const tapes = { launch: breakableCalls(lowerLaunch(plan)), init: breakableCalls(lowerInit(plan)) };
    expect([tapes.launch.length > 60, tapes.init.length]).toEqual([true, 3]);
    for (const tape of ["launch", "init"] as const) {
      for (const { record, call, actor, index } of tapes[tape]) {
        const error = attempt({ breakCall: { tape, record } });
        expect({ call, error }).toEqual({ call, error: { errno: "ENOSYS", actor, index } });
      }
    }
    expect(openedSince(before.files)).toEqual([]);
    expect(childrenOf(process.pid)).toEqual(before.children);
  }, 60_000);
});
