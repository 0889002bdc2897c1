// What every part of the bench gives: figures for people, targets, and the raw data.
import type { Target } from "#scripts/bench/stats.ts";

/** One question that was measured. */
export interface Part {
  /** Its key in the JSON. */
  readonly name: string;
  readonly title: string;
  /** What was measured, and how. */
  readonly explain: string;
  /** The first row is the header, the first column what a row is about. */
  readonly table: readonly (readonly string[])[];
  /** What a reader has to know of the rows. */
  readonly remarks?: readonly string[];
  /** Who was left out, and why. */
  readonly notes: readonly string[];
  readonly targets: readonly Target[];
  /** Bars for the chart, with their unit; where there are any. */
  readonly chart?: Chart;
  readonly data: unknown;
}

/** Numbers to be compared at a glance. */
export interface Chart {
  readonly title: string;
  readonly bars: readonly Bar[];
  readonly digits: number;
}

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** nsbox's own. */
  readonly ours: boolean;
}

/** What all parts get. */
export interface BenchContext {
  readonly root: string;
  /** Goes away afterwards. */
  readonly temp: string;
  readonly rounds: number;
  readonly boxes: number;
}
