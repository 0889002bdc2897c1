// What the doctor finds: the shape of `doctor --json`. Names are stable.

/** `partly`: it works with a flag, or for some uses. `unknown`: it can't be tried by this user, or not yet. */
export type Answer = "yes" | "no" | "partly" | "unknown";

/** What was read, or which call gave which errno, and what it comes to. */
export interface Judgement {
  readonly answer: Answer;
  readonly evidence: string;
  /** A command to type, or what to change; only where the answer is not yes. */
  readonly remedy?: string | undefined;
}

export interface Finding extends Judgement {
  readonly name: string;
  readonly group: string;
  /** What of nsbox rests on it. */
  readonly enables: string;
}

/** Everything that `doctor` says. */
export interface Diagnosis {
  /** `nsbox run` works here with its defaults: it was tried. */
  readonly works: boolean;
  /** The one thing to do first, where it does not. */
  readonly first: string | undefined;
  /** What works although that does not. */
  readonly meanwhile: string | undefined;
  readonly findings: readonly Finding[];
}

/** A finding before it has a place in the table. */
export function yes(evidence: string): Judgement {
  return { answer: "yes", evidence };
}

/** It does not hold; the remedy is what to do about it. */
export function no(evidence: string, remedy: string | undefined): Judgement {
  return { answer: "no", evidence, remedy };
}
