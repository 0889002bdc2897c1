// `nsbox ps`: the boxes that live on.
import { PS_OPTIONS, type PsDraft } from "#src/cli/box-options.ts";
import { alignColumns } from "#src/cli/columns.ts";
import { boxJson, explainState, stateOf } from "#src/cli/explain-box.ts";
import { refuseWords } from "#src/cli/box-words.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { matchesFilter } from "#src/cli/ps-filter.ts";
import { printOut } from "#src/host/print.ts";
import { terminalWidth } from "#src/host/terminal-width.ts";
import { isTerminal } from "#src/host/read-facts.ts";
import { escapeText } from "#src/inspect/escape-text.ts";
import { type Box, listBoxes } from "#src/state/box-store.ts";

const WATCH_MS = 1000;
const CLEAR = "\x1b[H\x1b[2J";

/** Prints them. Throws NsboxError. */
export async function psCommand(argv: readonly string[]): Promise<number> {
  const draft: PsDraft = { json: false, all: false, quiet: false, watch: false, filters: [] };
  refuseWords("ps", parseOptions(PS_OPTIONS, draft, argv, { command: "ps", stopAtWord: false }).words);
  const clear = isTerminal(1) ? CLEAR : "";
  while (draft.watch) {
    printOut(clear + explainBoxes(draft));
    await Bun.sleep(WATCH_MS);
  }
  printOut(explainBoxes(draft));
  return 0;
}

function explainBoxes(draft: PsDraft): string {
  const asksForEnded = draft.filters.some((filter) => filter.key === "state" && filter.state === "exited");
  const boxes = listBoxes()
    .filter((box) => draft.all || asksForEnded || stateOf(box) !== "exited")
    .filter((box) => draft.filters.every((filter) => matchesFilter(box, filter)));
  if (draft.json) return `${JSON.stringify(boxes.map(boxJson), null, 2)}\n`;
  if (draft.quiet) return boxes.map((box) => `${box.name}\n`).join("");
  const now = Date.now();
  const rows = boxes.map((box) => [box.name, pidOf(box), explainState(box, now), commandOf(box)]);
  return `${alignColumns([["NAME", "PID", "STATE", "COMMAND"], ...rows], terminalWidth())}\n`;
}

function pidOf(box: Box): string {
  return box.life === "ended" ? "-" : String(box.record.process.pid);
}

function commandOf({ record }: Box): string {
  return escapeText(record.spec.process.args.join(" "));
}
