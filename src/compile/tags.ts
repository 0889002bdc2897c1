// What is said of each call when it fails, in the words of `run`, as the tag that its record carries.
import { CLONE } from "#ffi/uapi/clone.ts";
import type { PlacedRecords } from "#ffi/runner/box-elf.ts";
import type { Call } from "#ffi/tape/call.ts";
import { findHint, findHints } from "#src/hints.ts";
import type { LoweredTape, Origin } from "#src/plan/lower-plan.ts";
import type { Actor, Plan } from "#src/plan/plan.ts";
import { explainLauncherStep } from "#src/plan/steps/launch.ts";
import { explainStep, type Step } from "#src/plan/steps.ts";
import type { Hints, Messages, Place } from "./messages.ts";

/** A candidate for the command; behind the last there is none. */
export const MISS: Place = { text: "run ", tail: "\n", goesOn: true };
export const MISSED: Place = { text: "run ", tail: "\n" };

type ExecStep = Step & { readonly kind: "exec" };

/** Gives calls a tag: what is known of each one's failure. */
export interface CallTagger {
  /** Calls of the launcher's own: what can't be done is `what`; `kind` is whose hints hold. */
  frame(calls: readonly Call[], what: string, kind?: string): readonly Call[];
  /** Calls of a plan's steps. */
  steps(lowered: LoweredTape): readonly Call[];
  /** Told where the calls have come to lie, in memory from `base` on. */
  placed?(memory: Uint8Array, base: number, tapes: readonly PlacedRecords[]): void;
}

/** Calls with what is said of them. */
export class Tagger implements CallTagger {
  readonly #messages: Messages;
  readonly #plan: Plan;

  constructor(messages: Messages, plan: Plan) {
    this.#messages = messages;
    this.#plan = plan;
  }

  frame(calls: readonly Call[], what: string, kind?: string): readonly Call[] {
    const place = { text: `${what}: `, tail: "\n" };
    return calls.map((one) => this.#tag(one, place, kind === undefined ? this.#about(one) : "", hintsOf(one, kind)));
  }

  steps({ calls, origins }: LoweredTape): readonly Call[] {
    return calls.map((one, n) => {
      const origin = origins[n];
      return origin === undefined ? (this.frame([one], "start the box")[0] ?? one) : this.#step(one, origin);
    });
  }

  #step(one: Call, origin: Origin): Call {
    const { actor, index } = origin;
    if (actor === "launcher") return this.#tag(one, this.#place(actor, index), "", hintsOf(one, this.#cloneKind()));
    const step = this.#plan[actor][index];
    if (step?.kind === "exec") return this.#exec(one, step);
    return this.#tag(one, this.#place(actor, index), this.#about(one), hintsOf(one, step?.kind));
  }

  /** A candidate for the command. */
  #exec(one: Call, step: ExecStep): Call {
    const [path] = one.args;
    if (one.name !== "execve" || typeof path !== "string") return one;
    const place = path === step.candidates.at(-1) ? MISSED : MISS;
    return this.#tag(one, place, `${JSON.stringify(path)}: `, hintsOf(one, "exec"));
  }

  #tag(one: Call, place: Place, about: string, hints: Hints): Call {
    // A load can't fail, and what ends the process doesn't come back.
    if (one.name === "load" || one.name === "exit_group" || one.tag !== undefined) return one;
    const tag = BigInt(this.#messages.place(place)) | (BigInt(this.#messages.call(about, hints)) << 32n);
    return { ...one, tag };
  }

  #place(actor: Actor, index: number): Place {
    const explain =
      actor === "launcher"
        ? explained(this.#plan.launcher[index], explainLauncherStep)
        : explained(this.#plan[actor][index], explainStep);
    const tail = `\n  step  ${actor} ${index + 1} of ${this.#plan[actor].length}\n`;
    return { text: `${explain}: `, tail };
  }

  #about(one: Call): string {
    const operand = operandOf(one);
    return `${operand === undefined ? one.name : `${one.name} ${JSON.stringify(operand)}`} gave `;
  }

  /** Without a user namespace of its own a box takes root. */
  #cloneKind(): "clone" | "clone-without-user" {
    const [clone] = this.#plan.launcher;
    return clone?.kind === "clone" && (clone.namespaces & CLONE.NEWUSER) === 0 ? "clone-without-user" : "clone";
  }
}

function explained<S>(step: S | undefined, explain: (step: S) => string): string {
  return step === undefined ? "start the box" : explain(step);
}

/** The first argument that is a text: what the call was about. */
function operandOf(one: Call): string | undefined {
  const operand = one.args.find((arg) => typeof arg === "string" && arg !== "");
  return typeof operand === "string" ? operand : undefined;
}

function hintsOf(one: Call, kind: string | undefined): Hints {
  return findHints({ syscall: one.name, kind, operand: operandOf(one) });
}

/** What is said where no candidate for the command is there. */
export function notFoundText(step: ExecStep): string {
  const name = JSON.stringify(step.args[0] ?? "");
  const where = step.candidates.length === 1 ? "" : ", in none of the folders of PATH inside the box";
  const hint = findHint({ syscall: "execve", errno: ENOENT, kind: "exec", operand: step.candidates[0] });
  return `nsbox: Cannot run ${name}: ENOENT (No such file or directory)${where}\n${hint === undefined ? "" : `  hint  ${hint}\n`}`;
}

const ENOENT = 2;
