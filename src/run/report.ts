// What a box in the making tells its launcher: 16 bytes for each call that failed. Here they become one error.
import type { Call } from "#ffi/tape/call.ts";
import { RECORD_BYTES, REPORT_BYTES } from "#ffi/tape/format.ts";
import type { Tape } from "#ffi/tape/assemble.ts";
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { assert, explainErrno, NsboxError, type StepPlace } from "#src/error.ts";
import { findHint } from "#src/hints.ts";
import type { LoweredTape, Origin } from "#src/plan/lower-plan.ts";
import type { Plan } from "#src/plan/plan.ts";
import { explainLauncherStep } from "#src/plan/steps/launch.ts";
import { NOT_HERE } from "#src/plan/steps/process.ts";
import { explainStep, type Step } from "#src/plan/steps.ts";

/** A tape and where its calls come from. */
export interface PlacedTape {
  readonly tape: Tape;
  readonly lowered: LoweredTape;
}

/** One failed call, traced back to its step. */
export interface Failure {
  readonly origin: Origin | undefined;
  readonly syscall: string;
  /** Positive; 0 if the call did not fail but said that the other side is gone. */
  readonly errno: number;
  /** The first argument that is a text: what it was about. */
  readonly operand: string | undefined;
}

/** Reads reports back. */
export function decodeReports(bytes: Uint8Array, tapes: readonly PlacedTape[]): readonly Failure[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const failures: Failure[] = [];
  for (let at = 0; at + REPORT_BYTES <= bytes.length; at += REPORT_BYTES) {
    const record = Number(view.getBigUint64(at, true));
    const result = Number(view.getBigInt64(at + 8, true));
    failures.push(trace(record, result, tapes));
  }
  return failures;
}

function trace(record: number, result: number, tapes: readonly PlacedTape[]): Failure {
  for (const { tape, lowered } of tapes) {
    const index = tape.callOf[(record - tape.base) / RECORD_BYTES];
    const call = index === undefined ? undefined : lowered.calls[index];
    if (index === undefined || call === undefined) continue;
    return {
      origin: lowered.origins[index],
      // The one load that can fail reads what the kernel answered.
      syscall: call.name === "load" ? "netlink" : call.name,
      errno: result < 0 ? -result : 0,
      operand: operandOf(call),
    };
  }
  return { origin: undefined, syscall: "unknown", errno: result < 0 ? -result : 0, operand: undefined };
}

function operandOf({ args }: Call): string | undefined {
  for (const arg of args) if (typeof arg === "string" && arg !== "") return arg;
  return undefined;
}

/** The error that the reports amount to; undefined if the box is running. */
export function failureOf(failures: readonly Failure[], plan: Plan): NsboxError | undefined {
  const last = failures[failures.length - 1];
  if (last === undefined) return undefined;
  const step = stepAt(plan, last.origin);
  if (step?.kind === "exec") {
    // Another one than the last has been missed, and one behind it was there.
    return last.operand === step.candidates[step.candidates.length - 1] ? execFailure(failures, step) : undefined;
  }
  return setupFailure(last, plan);
}

function stepAt(plan: Plan, origin: Origin | undefined): Step | undefined {
  if (origin === undefined || origin.actor === "launcher") return undefined;
  return plan[origin.actor][origin.index];
}

function execFailure(failures: readonly Failure[], step: Step & { readonly kind: "exec" }): NsboxError {
  const name = JSON.stringify(step.args[0] ?? "");
  const found = failures.find((failure) => !NOT_HERE.some((miss) => errnoNumber(miss) === failure.errno));
  if (found === undefined) {
    const isOne = step.candidates.length === 1;
    // As execvp(3) has it, where not even the folder was one.
    const errno = isOne ? (failures[0]?.errno ?? 0) : errnoNumber("ENOENT");
    const where = isOne ? "" : ", in none of the folders of PATH inside the box";
    const syscall = "execve";
    const hint = findHint({ syscall, errno, kind: "exec", operand: step.candidates[0] });
    return new NsboxError("ENOTFOUND", `Cannot run ${name}: ${explainErrno(errno)}${where}`, { syscall, errno, hint });
  }
  const { errno, syscall, operand } = found;
  const hint = findHint({ syscall, errno, kind: "exec", operand });
  const path = operand === undefined ? name : JSON.stringify(operand);
  return new NsboxError("EEXEC", `Cannot run ${path}: ${explainErrno(errno)}`, { syscall, errno, hint });
}

function setupFailure(failure: Failure, plan: Plan): NsboxError {
  const { origin, syscall, errno, operand } = failure;
  if (origin === undefined)
    return new NsboxError("EINTERNAL", `Cannot set up the box: ${syscall} gave ${explainErrno(errno)}`);
  const place = placeOf(plan, origin);
  const kind = plan[origin.actor][origin.index]?.kind;
  const about = operand === undefined ? syscall : `${syscall} ${JSON.stringify(operand)}`;
  return new NsboxError("ESETUP", `Cannot ${place.explain}: ${about} gave ${explainErrno(errno)}`, {
    syscall,
    errno,
    step: place,
    hint: findHint({ syscall, errno, kind, operand }),
  });
}

/** Where a step stands in its plan, for people. */
export function placeOf(plan: Plan, origin: Origin): StepPlace {
  const { actor, index } = origin;
  if (actor === "launcher") {
    const step = plan.launcher[index];
    assert(step !== undefined, `the launcher has no step ${index}`);
    return { actor, index, count: plan.launcher.length, explain: explainLauncherStep(step) };
  }
  const step = plan[actor][index];
  assert(step !== undefined, `the ${actor} has no step ${index}`);
  return { actor, index, count: plan[actor].length, explain: explainStep(step) };
}
