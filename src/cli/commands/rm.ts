// `nsbox rm`: removes what is kept of boxes that have ended.
import { RM_OPTIONS, type RmDraft } from "#src/cli/box-options.ts";
import { findBoxes, unknownBox } from "#src/cli/box-words.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { printNames } from "#src/cli/print-names.ts";
import { NsboxError } from "#src/error.ts";
import { killBox } from "#src/state/box-control.ts";
import { type Box, findBox, removeBroken, removeFolder } from "#src/state/box-store.ts";
import { settleBox } from "#src/state/settle-box.ts";

/** Prints the names of the boxes that are gone. Throws NsboxError. */
export async function rmCommand(argv: readonly string[]): Promise<number> {
  const draft: RmDraft = { json: false, force: false };
  const { words } = parseOptions(RM_OPTIONS, draft, argv, { command: "rm", stopAtWord: false });
  if (words.length === 0) findBoxes("rm", words);
  const boxes = words.flatMap((name) => findRemovable(name, draft.force));
  for (const box of boxes) {
    killBox(box);
    settleBox(box);
    // Another rm may have been faster: then the box is gone, as was asked for.
    removeFolder(box);
  }
  return printNames(boxes, draft.json);
}

function findRemovable(name: string, force: boolean): readonly Box[] {
  const box = findBox(name);
  if (box === undefined) {
    if (removeBroken(name) || force) return [];
    throw unknownBox(name);
  }
  if (box.life === "ended" || force) return [box];
  throw new NsboxError("ESPEC", `Cannot remove ${JSON.stringify(name)}: it is running`, {
    hint: `stop it first (nsbox stop ${name}), or nsbox rm -f ${name}`,
  });
}
