// `nsbox pause` and `nsbox resume`: every process of a box stands still, and goes on.
import { JSON_OPTIONS, type JsonDraft } from "#src/cli/box-options.ts";
import { findBoxes, requireRunning } from "#src/cli/box-words.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { printNames } from "#src/cli/print-names.ts";
import { pauseBox, resumeBox } from "#src/state/box-control.ts";
import type { Box } from "#src/state/box-store.ts";

/** Prints the names of the boxes. Throws NsboxError. */
export function pauseCommand(argv: readonly string[]): Promise<number> {
  return forEach("pause", argv, pauseBox);
}

/** Prints the names of the boxes. Throws NsboxError. */
export function resumeCommand(argv: readonly string[]): Promise<number> {
  return forEach("resume", argv, resumeBox);
}

async function forEach(command: string, argv: readonly string[], act: (box: Box) => void): Promise<number> {
  const draft: JsonDraft = { json: false };
  const { words } = parseOptions(JSON_OPTIONS, draft, argv, { command, stopAtWord: false });
  const boxes = findBoxes(command, words).map((box) => requireRunning(command, box));
  for (const box of boxes) act(box);
  return printNames(boxes, draft.json);
}
