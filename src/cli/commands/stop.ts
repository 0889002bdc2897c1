// `nsbox stop`: asks boxes to end, and ends those that do not.
import { STOP_OPTIONS, type StopDraft } from "#src/cli/box-options.ts";
import { findBoxes, requireRunning } from "#src/cli/box-words.ts";
import { printNames } from "#src/cli/print-names.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { parseSignalName } from "#src/spec/grammar/parse-signal.ts";
import { stopBoxes } from "#src/state/box-control.ts";

const GRACE_MS = 10_000;

/** Prints the names of the boxes that have ended. Throws NsboxError. */
export async function stopCommand(argv: readonly string[]): Promise<number> {
  const draft: StopDraft = { json: false, timeMs: GRACE_MS, signal: undefined };
  const { words } = parseOptions(STOP_OPTIONS, draft, argv, { command: "stop", stopAtWord: false });
  const boxes = findBoxes("stop", words).map((box) => requireRunning("stop", box));
  stopBoxes(boxes, draft.signal ?? parseSignalName("--signal", "TERM"), draft.timeMs);
  return printNames(boxes, draft.json);
}
