// A box, or a command in one, as an executable in this process's memory: compiled once, started often. D-30.
import { PASS_ALL } from "#ffi/runner/start.ts";
import { CALLER, type FailureTable } from "#src/compile/caller.ts";
import { compilablePlan } from "#src/compile/compilable-plan.ts";
import { compileForCaller } from "#src/compile/compile-box.ts";
import type { Plan } from "#src/plan/plan.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { Spec } from "#src/spec/spec.ts";

export interface Executable {
  readonly bytes: Uint8Array;
  readonly plan: Plan;
  readonly spec: Spec;
  readonly failures: FailureTable;
  /** Names of the files that it is given besides, behind those. */
  readonly files: readonly string[];
}

/** Where the executable itself is open when it starts. */
export const EXECUTABLE_FD = 3;
/** Reports of what has streams of its own. */
export const REPORT_FD = 4;
/** Reports of what needs no stdout. */
export const STDOUT = 1;

export interface CompileInput {
  readonly plan: Plan;
  readonly spec: Spec;
  readonly facts: HostFacts;
  /** The number of the file that it reports to: REPORT_FD or STDOUT. */
  readonly caller: number;
  readonly files: readonly string[];
}

/** Throws NsboxError ESPEC where a part of the plan can't be carried out from a program. */
export function compile(input: CompileInput): Executable {
  const { spec, facts, caller, files } = input;
  const plan = compilablePlan(input.plan, "program");
  const first = Math.max(caller, EXECUTABLE_FD) + 1;
  const named = files.map((name, n) => [name, first + n] as const);
  const { bytes, failures } = compileForCaller({
    plan,
    arch: facts.arch,
    uid: facts.uid,
    gid: undefined,
    env: [PASS_ALL],
    timeoutMs: undefined,
    passFds: [],
    placeholders: plan.init.length === 0 ? [] : spec.box.protected.flatMap(({ make }) => make ?? []),
    dieWithParent: true,
    caller: { pid: process.pid, files: Object.fromEntries([[CALLER, caller], ...named]) },
  });
  return { bytes, plan, spec, failures, files };
}

/** The last few of what takes a while to make, by what it depends on. */
export class Cache<T> {
  readonly #max: number;
  readonly #entries: Map<string, T> = new Map();

  constructor(max: number) {
    this.#max = max;
  }

  get(key: string, make: () => T): T {
    const known = this.find(key);
    if (known !== undefined) return known;
    const made = make();
    this.set(key, made);
    return made;
  }

  /** What is there already. */
  find(key: string): T | undefined {
    const known = this.#entries.get(key);
    if (known === undefined) return undefined;
    // Moved to the end: what is used stays.
    this.#entries.delete(key);
    this.#entries.set(key, known);
    return known;
  }

  set(key: string, value: T): void {
    this.#entries.set(key, value);
    if (this.#entries.size > this.#max) this.#entries.delete(this.#entries.keys().next().value ?? "");
  }
}
