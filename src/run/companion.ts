// What nsbox does beside a box while it waits for it.
import type { PollEntry } from "#ffi/libc/process.ts";

/** Files to watch, and what to do when there is something. Nothing here may wait for the box. */
export interface Companion {
  /** What to poll for; always as many. */
  entries(): readonly PollEntry[];
  /** The events of the entries, in their order. */
  handle(ready: readonly number[]): void;
}
