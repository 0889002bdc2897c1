// What is said of each call when it fails, in the words of `run`, as the tag that its record carries.
import { CLONE } from "#ffi/uapi/clone.ts";
import type { PlacedRecords } from "#ffi/runner/tapes.ts";
import type { Call } from "#ffi/tape/call.ts";
import { RECORD_BYTES } from "#ffi/tape/format.ts";
import { findHint, findHints } from "#src/hints.ts";
import type { LoweredTape, Origin } from "#src/plan/lower-plan.ts";
import type { Actor, Plan } from "#src/plan/plan.ts";
import { explainLauncherStep } from "#src/plan/steps/launch.ts";
import { explainStep, type Step } from "#src/plan/steps.ts";
import type { Hints, Messages, Place, Said } from "./messages.ts";
import { TAG, TAG_AT } from "./report-calls.ts";

/** A candidate for the command. */
const RUN: Place = { text: "run ", tail: "\n" };

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

/** What a tag stands for until records are placed: what is said of one, and the tag that it keeps. */
interface Tagged extends Said {
  readonly kept: number;
}

/** Calls with what is said of them. */
export class Tagger implements CallTagger {
  readonly #messages: Messages;
  readonly #plan: Plan;
  readonly #tags: Tagged[] = [];
  readonly #known: Map<string, bigint> = new Map();
  readonly #said: (readonly [record: number, said: Said])[] = [];

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
    const kept = path === step.candidates.at(-1) ? TAG.missed : TAG.miss;
    return this.#tag(one, RUN, `${JSON.stringify(path)}: `, hintsOf(one, "exec"), kept);
  }

  /** Each record that has something said of it, once they are placed. */
  get said(): readonly (readonly [record: number, said: Said])[] {
    return this.#said;
  }

  /** What is said of a record is found by its address; a tag that only says so is less to pack. */
  placed(data: Uint8Array, base: number, tapes: readonly PlacedRecords[]): void {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    for (const { at, count } of tapes) {
      for (let record = at; record < at + count * RECORD_BYTES; record += RECORD_BYTES) {
        const tagged = this.#tags[view.getUint32(record - base + TAG_AT, true) - 1];
        if (tagged === undefined) continue;
        this.#said.push([record, tagged]);
        view.setUint32(record - base + TAG_AT, tagged.kept, true);
      }
    }
  }

  #tag(one: Call, place: Place, about: string, hints: Hints, kept = 0): Call {
    // A load can't fail, and what ends the process doesn't come back.
    if (one.name === "load" || one.name === "exit_group" || one.tag !== undefined) return one;
    const messages = this.#messages;
    const said = { place: messages.place(place), about: messages.line(about), hints: messages.hints(hints), kept };
    const key = JSON.stringify(said);
    let tag = this.#known.get(key);
    if (tag === undefined) {
      tag = BigInt(this.#tags.push(said));
      this.#known.set(key, tag);
    }
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
