// The plan: for each process that takes part, its steps in order.
import type { LauncherStep } from "./steps/launch.ts";
import type { Step } from "./steps.ts";

/**
 * The processes, in the order in which they come to life:
 *
 *   launcher ──clone──▶ (join ──clone──▶) setup ──exec──▶ init ──clone──▶ command
 *
 * `join` is empty unless existing namespaces are entered: a helper enters them, so that the launcher stays where it
 * is. `init` is empty without one: then setup itself goes on as the command.
 */
export interface Plan {
  readonly launcher: readonly LauncherStep[];
  readonly join: readonly Step[];
  readonly setup: readonly Step[];
  readonly init: readonly Step[];
  readonly command: readonly Step[];
}

export type Actor = keyof Plan;

/** Actors in the order in which they come to life. */
export const ACTORS: readonly Actor[] = ["launcher", "join", "setup", "init", "command"];
