// What is kept of a box from its start on: one JSON file that is written once and never changed.
import type { Label } from "#src/spec/options.ts";
import type { Farewell } from "#src/spec/network.ts";
import type { Spec } from "#src/spec/spec.ts";
import type { ExactProcess } from "./process-life.ts";

/** Raised where an older nsbox would misread what a newer one writes. */
export const RECORD_VERSION = 1;

/** Where a box's output goes. `own` are the files `log` and `log.times` in the box's folder. */
export type BoxLog =
  | { readonly kind: "own"; readonly isBounded: boolean }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "none" };

export interface BoxRecord {
  readonly version: typeof RECORD_VERSION;
  readonly createdAt: number;
  /** The box's init. */
  readonly process: ExactProcess;
  /** Who holds the box's terminal, where it has one. */
  readonly keeper: ExactProcess | undefined;
  /** Inode of the box's PID namespace: whose processes are the box's. */
  readonly pidNamespace: number;
  readonly labels: readonly Label[];
  /** Nothing of the box stays once it has ended. */
  readonly rm: boolean;
  readonly log: BoxLog;
  /** What is to be taken back of its network; undefined where it has none of its own. */
  readonly farewell: Farewell | undefined;
  readonly spec: Spec;
}

/** The record in a text; undefined where it is none of this version. */
export function parseRecord(text: string): BoxRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return isRecord(value) ? value : undefined;
}

// The folder is its owner's alone, and a record is written whole: its version vouches for the rest.
function isRecord(value: unknown): value is BoxRecord {
  if (typeof value !== "object" || value === null) return false;
  const { version, process, spec } = value as Partial<BoxRecord>; // every field may be missing, and is looked at
  if (version !== RECORD_VERSION || typeof spec !== "object" || typeof process !== "object") return false;
  if (spec === null || process === null) return false;
  return Number.isSafeInteger(process.pid) && process.pid > 0 && Number.isSafeInteger(process.startTicks);
}
