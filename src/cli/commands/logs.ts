// `nsbox logs`: what a box has printed.
import { LOGS_OPTIONS, type LogsDraft } from "#src/cli/box-options.ts";
import { findOneBox } from "#src/cli/box-words.ts";
import { type LogPrinter, openLogPrinter } from "#src/cli/log-printer.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { waitForLog } from "#src/state/box-control.ts";
import { type OpenLog, openLog, requireTimes } from "#src/state/box-log.ts";

/** How long to wait for more: where some has just come, more is likely, and a bounded log keeps only so much of it. */
const POLL_MS = { busy: 5, idle: 100 } as const;

/** Prints it. Throws NsboxError. */
export async function logsCommand(argv: readonly string[]): Promise<number> {
  const draft: LogsDraft = {
    json: false,
    follow: false,
    tail: undefined,
    timestamps: false,
    since: undefined,
    until: undefined,
  };
  const { words } = parseOptions(LOGS_OPTIONS, draft, argv, { command: "logs", stopAtWord: false });
  const box = findOneBox("logs", words);
  if (draft.timestamps) requireTimes(box, "--timestamps");
  if (draft.since !== undefined) requireTimes(box, "--since");
  if (draft.until !== undefined) requireTimes(box, "--until");
  using log = openLog(box, draft);
  const printer = openLogPrinter(draft);
  // What was printed before the end is read after it: nothing is missed.
  let isOver = waitForLog(box, 0);
  for (;;) {
    const seen = print(log, printer, isOver || !draft.follow);
    if (seen === "closed" || isOver || !draft.follow) break;
    isOver = waitForLog(box, POLL_MS[seen]);
  }
  printer.end();
  return 0;
}

/** Whether there was something; "closed" where nobody reads it any more, or nothing more is wanted. */
function print(log: OpenLog, printer: LogPrinter, isWhole: boolean): "busy" | "idle" | "closed" {
  let seen: "busy" | "idle" = "idle";
  for (const part of log.parts(isWhole)) {
    if (!printer.print(part)) return "closed";
    seen = "busy";
  }
  return seen;
}
