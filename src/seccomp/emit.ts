// Writes a BPF program from its end to its beginning: jumps go forward only, so whatever is jumped to is there already.
import { assert } from "#src/error.ts";
import { CODE, type Instruction } from "./program.ts";
import type { Verdict } from "./policy.ts";

/** Where a jump goes: a verdict, or a piece of program. */
export type Target = { readonly verdict: Verdict } | Piece;

/** A piece of program that begins by loading something. */
export interface Piece {
  /** Counted from the program's end. */
  readonly at: number;
  /** Where to begin instead if this is known already, by what is known. */
  readonly known: Readonly<Record<string, number>>;
}

/** How far one comparison may jump; two less than 255, since its other side may need an instruction more. */
const REACH = 253;

export class Emitter {
  /** The last instruction first. */
  readonly #reversed: Instruction[] = [];
  /** The nearest return of each verdict, and the nearest jump to each piece. */
  readonly #near: Map<string, number> = new Map();
  readonly #lifts: Map<string, number[]> = new Map();

  /** The number of instructions so far, which is where the next one will be. */
  get length(): number {
    return this.#reversed.length;
  }

  emit(code: number, k: number, jt: number = 0, jf: number = 0): number {
    return this.#reversed.push({ code, jt, jf, k: k >>> 0 }) - 1;
  }

  /** A comparison of A with k. `knows` is what is known when it has been made, the most specific first. */
  branch(code: number, k: number, yes: Target, no: Target, knows: Knowledge = {}): number {
    const [whenTrue, whenFalse] = [this.#reach(yes, knows.yes ?? []), this.#reach(no, knows.no ?? [])];
    const distance = (at: number): number => this.length - 1 - at;
    return this.emit(code, k, distance(whenTrue), distance(whenFalse));
  }

  /** A place within reach from which the target is got to. */
  #reach(target: Target, known: readonly string[]): number {
    if ("verdict" in target) return this.return(target.verdict);
    const shortcut = known.find((fact) => target.known[fact] !== undefined);
    const at = (shortcut === undefined ? undefined : target.known[shortcut]) ?? target.at;
    if (this.length - at <= REACH) return at;
    return this.#once(`jump ${at}`, () => this.emit(CODE.jump, this.length - 1 - at));
  }

  /** A return of this verdict within reach. */
  return({ ret, liftedBy }: Verdict): number {
    return this.#once(`${ret} ${liftedBy.join()}`, () => {
      const at = this.emit(CODE.ret, ret);
      for (const name of liftedBy) this.#lifts.set(name, [...(this.#lifts.get(name) ?? []), at]);
      return at;
    });
  }

  #once(key: string, emit: () => number): number {
    const known = this.#near.get(key);
    if (known !== undefined && this.length - known <= REACH) return known;
    const at = emit();
    this.#near.set(key, at);
    return at;
  }

  /** The program, and which of its returns let through who holds what. */
  finish(): { readonly program: readonly Instruction[]; readonly lifts: Readonly<Record<string, readonly number[]>> } {
    const last = this.length - 1;
    assert(last >= 0, "a filter is not empty");
    const lifts = [...this.#lifts].map(([name, list]) => [name, list.map((at) => last - at)] as const);
    return { program: this.#reversed.toReversed(), lifts: Object.fromEntries(lifts) };
  }
}

interface Knowledge {
  readonly yes?: readonly string[];
  readonly no?: readonly string[];
}
