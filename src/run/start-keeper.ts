// Starts the keeper of a box's terminal: a tape as an executable, in a session of its own.
import type { Fd } from "#ffi/libc/fd.ts";
import { KEEPER_LOG, keeperCalls } from "#src/plan/steps/keeper.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { LOG_FILES } from "#src/spec/log-layout.ts";
import type { KeptLog } from "#src/spec/spec.ts";
import { startOutside } from "./start-outside.ts";

export interface KeeperFiles {
  readonly terminal: Fd;
  readonly log: Fd;
  /** Those of a log that nsbox keeps, by their names; others are not looked at. */
  readonly others: Readonly<Record<string, Fd>>;
}

/** Starts it with these files, in the order of KEEPER_TERMINAL and KEEPER_LOG; gives its PID. */
export function startKeeper(
  { terminal, log, others }: KeeperFiles,
  kept: KeptLog | undefined,
  facts: HostFacts,
): number {
  const keep = [LOG_FILES.end, LOG_FILES.times].flatMap((name) => others[name] ?? []);
  const calls = keeperCalls(kept);
  return startOutside(
    { name: "nsbox-tty", calls, files: [terminal, log], keep, fds: { ...others, [LOG_FILES.log]: KEEPER_LOG } },
    facts,
  );
}
