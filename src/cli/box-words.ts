// Names of boxes on the command line, and what to say where one does not fit.
import { NsboxError } from "#src/error.ts";
import { type Box, findBox, listBoxes } from "#src/state/box-store.ts";
import { explainEnd } from "./explain-box.ts";
import { nearest } from "#src/spec/suggest.ts";

/** The boxes of these names, at least one. Throws NsboxError EUSAGE or ESPEC. */
export function findBoxes(command: string, words: readonly string[]): readonly Box[] {
  if (words.length > 0) return words.map(requireBox);
  throw new NsboxError("EUSAGE", `Cannot ${command}: no box is named`, {
    hint: `write nsbox ${command} BOX; nsbox ps -a lists the boxes`,
  });
}

/** The one box that is named. Throws NsboxError EUSAGE or ESPEC. */
export function findOneBox(command: string, words: readonly string[]): Box {
  const [box, another] = findBoxes(command, words);
  if (box !== undefined && another === undefined) return box;
  throw new NsboxError("EUSAGE", `Cannot ${command} ${JSON.stringify(words[1])} too: one box at a time`, {
    hint: `write nsbox ${command} BOX`,
  });
}

/** Throws NsboxError EUSAGE where there is a word. */
export function refuseWords(command: string, [word]: readonly string[]): void {
  if (word === undefined) return;
  throw new NsboxError("EUSAGE", `Cannot use ${JSON.stringify(word)}: nsbox ${command} takes flags only`, {
    hint: `nsbox ${command} --help shows them`,
  });
}

/** Throws NsboxError ESPEC with the nearest name. */
export function requireBox(name: string): Box {
  const box = findBox(name);
  if (box !== undefined) return box;
  throw unknownBox(name);
}

/** The error where no box has this name. */
export function unknownBox(name: string): NsboxError {
  const near = nearest(
    name,
    listBoxes().map((box) => box.name),
  );
  return new NsboxError("ESPEC", `Cannot find the box ${JSON.stringify(name)}: there is none of this name`, {
    hint: near === undefined ? "nsbox ps -a lists the boxes" : `did you mean ${near}?`,
  });
}

/** The error where a word is neither a PID nor the name of a box; `known` says what it is. */
export function noProcess(command: string, word: string, known: string | undefined): NsboxError {
  const near = nearest(
    word,
    listBoxes().map((box) => box.name),
  );
  return new NsboxError("ESPEC", `Cannot ${command} ${JSON.stringify(word)}: it is no PID, and no box has this name`, {
    hint: known ?? (near === undefined ? "ps ax lists the PIDs, nsbox ps -a the boxes" : `did you mean ${near}?`),
  });
}

/** Throws NsboxError ESPEC, with how and when it ended, unless the box is running. */
export function requireRunning(command: string, box: Box): Box {
  if (box.life !== "ended") return box;
  throw new NsboxError("ESPEC", `Cannot ${command} ${JSON.stringify(box.name)}: it ${explainEnd(box, Date.now())}`, {
    hint: `nsbox logs ${box.name} shows what it printed; nsbox rm ${box.name} removes it`,
  });
}
