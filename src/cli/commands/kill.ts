// `nsbox kill`: a signal to boxes.
import { KILL_OPTIONS, type KillDraft } from "#src/cli/box-options.ts";
import { findBoxes, requireRunning } from "#src/cli/box-words.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { printNames } from "#src/cli/print-names.ts";
import { parseSignalName } from "#src/spec/grammar/parse-signal.ts";
import { killBox, signalBox } from "#src/state/box-control.ts";

/** Prints the names of the boxes. Throws NsboxError. */
export async function killCommand(argv: readonly string[]): Promise<number> {
  const draft: KillDraft = { json: false, signal: undefined };
  const { words } = parseOptions(KILL_OPTIONS, draft, argv, { command: "kill", stopAtWord: false });
  const kill = parseSignalName("--signal", "KILL");
  const boxes = findBoxes("kill", words).map((box) => requireRunning("kill", box));
  for (const box of boxes) {
    if ((draft.signal ?? kill) === kill) killBox(box);
    else signalBox(box, draft.signal ?? kill);
  }
  return printNames(boxes, draft.json);
}
