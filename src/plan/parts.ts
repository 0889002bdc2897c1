// Pieces of a plan for the file system.
import type { Step } from "./steps.ts";

/** What a mount needs before the root changes, and after. */
export interface Parts {
  readonly sources: readonly Step[];
  readonly mounts: readonly Step[];
}
