// `nsbox prune`: removes what is kept of every box that has ended.
import { JSON_OPTIONS, type JsonDraft } from "#src/cli/box-options.ts";
import { refuseWords } from "#src/cli/box-words.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { printNames } from "#src/cli/print-names.ts";
import { listBoxes, removeFolder } from "#src/state/box-store.ts";

/** Prints the names of the boxes that are gone. Throws NsboxError. */
export async function pruneCommand(argv: readonly string[]): Promise<number> {
  const draft: JsonDraft = { json: false };
  refuseWords("prune", parseOptions(JSON_OPTIONS, draft, argv, { command: "prune", stopAtWord: false }).words);
  const gone = listBoxes().filter((box) => box.life === "ended" && removeFolder(box));
  return printNames(gone, draft.json);
}
