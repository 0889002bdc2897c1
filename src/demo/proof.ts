// What a demo is made of: statements about namespaces, and how to see live that they are true. Plain data.
import type { Step } from "#src/plan/steps.ts";
import type { NamespaceType } from "#src/spec/spec.ts";

/** How a namespace of an earlier box is reached. */
export type Entrance =
  /** The box is alive: /proc/PID/ns. */
  | { readonly kind: "process" }
  /** nsbox has it open. */
  | { readonly kind: "open file" }
  /** It is bound to this path in the box's mount namespace. */
  | { readonly kind: "mount"; readonly path: string };

export interface JoinedNamespace {
  readonly type: NamespaceType;
  /** The name of the look whose box it was made for. */
  readonly of: string;
  readonly by: Entrance;
}

/** A box with no more than the proof is about. */
export interface Box {
  /** New namespaces, besides user where none is joined: that one gives the right to make the others. */
  readonly namespaces: readonly NamespaceType[];
  readonly joins?: readonly JoinedNamespace[];
  readonly steps: readonly Step[];
}

/** One command, run in a new box or outside, and what it answers. */
export interface Look {
  /** "inside", "outside", "second box": above its column. */
  readonly name: string;
  /** For sh. {pid NAME}: the PID outside of that look's box; {answer NAME}: what it saw; {nsbox}: nsbox's own PID. */
  readonly command: string;
  /** undefined: outside. */
  readonly box?: Box;
  /** The look whose box is ended before this one; all others end with the proof. */
  readonly onceEnded?: string;
  /** nsbox opens these namespaces of the box, and keeps them open. */
  readonly keeps?: readonly NamespaceType[];
}

/** What must be so; texts have places as commands have, and {uid}, which is what uid 0 inside is outside. */
export type Check =
  | { readonly kind: "is"; readonly of: string; readonly text: string }
  | { readonly kind: "matches"; readonly of: string; readonly pattern: string; readonly says: string }
  | { readonly kind: "same"; readonly of: string; readonly as: string }
  | { readonly kind: "differs"; readonly of: string; readonly from: string }
  /** Numbers: between `from` and `to` more. */
  | { readonly kind: "ahead"; readonly of: string; readonly than: string; readonly from: number; readonly to: number };

export interface Proof {
  /** A sentence of namespaces(7) and its neighbours, in short. */
  readonly statement: string;
  /** In this order. */
  readonly looks: readonly Look[];
  readonly checks: readonly Check[];
  /** Programs beyond those of every Debian. */
  readonly needs?: readonly string[];
}

export interface Demo {
  readonly kind: string;
  /** What this kind of namespace isolates. */
  readonly meaning: string;
  readonly manual: string;
  readonly proofs: readonly Proof[];
  /** How `run` gives the same. */
  readonly run: string;
}

/** What a look saw. */
export interface Sight {
  readonly name: string;
  /** With its places filled in. */
  readonly command: string;
  readonly answer: string;
  /** PID of its box, outside. */
  readonly pid: number | undefined;
}

export type Verdict =
  | { readonly kind: "proved" }
  | { readonly kind: "not proved"; readonly why: string; readonly hint: string | undefined }
  | { readonly kind: "not shown"; readonly why: string };
