// `nsbox run` as it is measured: ready, the first time, and the second.
import { join } from "node:path";
import type { Absent, Contestant } from "#scripts/bench/contestants.ts";
import { NAMES } from "#scripts/bench/names.ts";
import { NO_READY, openReadyBox, type ReadyBox } from "#scripts/bench/ready-box.ts";
import type { Stopwatch } from "#scripts/bench/stopwatch.ts";

/** What they leave for the next time goes when their block ends. */
export interface Runs extends Disposable {
  readonly contestants: readonly (Contestant | Absent)[];
  /** Once all are measured: throws where one was not what its name says. */
  check(): void;
}

const WORDS = ["run", "--", "/bin/true"] as const;

/** Each has a runtime folder of its own in `temp`, so that none finds what another one has left. */
export function openRuns(nsbox: string, temp: string, stopwatch: Stopwatch): Runs {
  const command = [nsbox, ...WORDS];
  const open = (name: string): ReadyBox => openReadyBox(command, join(temp, name));
  const [ready, first, second] = [open("ready"), open("first"), open("second")];
  // With this nothing is made ready, nor taken up: every time is the first.
  const never = { name: NAMES.first, command, env: { ...first.env, NSBOX_READY: "0" } };
  const dispose = (): void => {
    for (const box of [ready, first, second]) box[Symbol.dispose]();
  };
  const expectNone = (): void => {
    if (first.isThere()) throw new Error(`Cannot measure ${NAMES.first}: it has left a box ready`);
  };
  const reason = NO_READY;
  if (reason !== undefined) {
    const absent = (name: string): Absent => ({ name, reason });
    return {
      contestants: [absent(NAMES.ready), never, absent(NAMES.second)],
      check: expectNone,
      [Symbol.dispose]: dispose,
    };
  }
  const both = [
    { name: NAMES.ready, command, env: ready.env },
    { name: NAMES.second, command, env: second.env },
  ] as const;
  try {
    // As they are measured, for who has other streams finds another machine: its rounds to warm up, and one more.
    stopwatch.time(both, 1);
    const expectTaken = ready.expectMade();
    second.expectMade();
    return {
      contestants: [both[0], never, { ...both[1], made: second.path }],
      check: () => {
        expectTaken();
        second.expectMade();
        expectNone();
      },
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}
