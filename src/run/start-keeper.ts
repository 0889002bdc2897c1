// Starts the keeper of a box's terminal: a tape as an executable, in a session of its own.
import type { Fd } from "#ffi/libc/fd.ts";
import { keeperCalls } from "#src/plan/steps/keeper.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { startOutside } from "./start-outside.ts";

/** Starts it with these files, in the order of KEEPER_TERMINAL and KEEPER_LOG; gives its PID. */
export function startKeeper({ terminal, log }: { readonly terminal: Fd; readonly log: Fd }, facts: HostFacts): number {
  return startOutside({ name: "nsbox-tty", calls: keeperCalls(), files: [terminal, log] }, facts);
}
