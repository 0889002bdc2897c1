// What a step is: intent as data, with one row of code that explains it and one that lowers it to calls.
import type { Call } from "#ffi/tape/call.ts";

/** The order in which every process goes through its steps. */
export const PHASES = [
  "join",
  "ids",
  "identity",
  "sources",
  "root",
  "mounts",
  "terminal",
  "network",
  "limits",
  "privileges",
  "exec",
] as const;

export type Phase = (typeof PHASES)[number];

/** Everything nsbox knows about one kind of step. */
export interface StepKind<S> {
  readonly phase: Phase;
  /** One line for people: dry runs and error messages both use it. Begins with a verb. */
  explain(step: S): string;
  /** The system calls that carry the step out. */
  lower(step: S): readonly Call[];
}

/** A path or name inside a message. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
