// `nsbox wait`: until boxes have ended; says how.
import { JSON_OPTIONS, type JsonDraft } from "#src/cli/box-options.ts";
import { findBoxes } from "#src/cli/box-words.ts";
import { exitCodeOf } from "#src/cli/explain-box.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { printOut } from "#src/host/print.ts";
import { waitForEnd } from "#src/state/box-control.ts";
import { openStatus } from "#src/state/box-store.ts";

/** Prints the exit code of each. Throws NsboxError. */
export async function waitCommand(argv: readonly string[]): Promise<number> {
  const draft: JsonDraft = { json: false };
  const { words } = parseOptions(JSON_OPTIONS, draft, argv, { command: "wait", stopAtWord: false });
  // Opened before the wait: of a box that was started with --rm nothing may be left after it.
  const boxes = findBoxes("wait", words).map((box) => ({ box, status: openStatus(box) }));
  for (const { box, status } of boxes) {
    waitForEnd(box, undefined);
    const ended = { ...box, life: "ended" as const, status: status.read() ?? box.status };
    status[Symbol.dispose]();
    const exitCode = exitCodeOf(ended);
    printOut(draft.json ? `${JSON.stringify({ name: box.name, exitCode })}\n` : `${exitCode}\n`);
  }
  return 0;
}
