// What a process is called on the command line: a PID, or the name of a box that lives on, which is then its command.
import { isDigits } from "#src/inspect/proc-text.ts";

/** The PID that a word is; undefined where it is none. */
export function parsePid(word: string): number | undefined {
  return isDigits(word, PID_DIGITS) && !word.startsWith("0") ? Number(word) : undefined;
}

const PID_DIGITS = 8;

/** The PID; what a box's state says is loaded only for a name. Throws NsboxError ESPEC where no such box runs. */
export async function pidOfWord(command: string, word: string): Promise<number> {
  const given = parsePid(word);
  if (given !== undefined) return given;
  const [{ noProcess, requireRunning }, { findBox }, { readFirstChild }] = await Promise.all([
    import("./box-words.ts"),
    import("#src/state/box-store.ts"),
    import("#src/host/read-children.ts"),
  ]);
  const box = findBox(word);
  if (box === undefined) {
    const { hintForPin } = await import("./pin-names.ts");
    throw noProcess(command, word, hintForPin(command, word));
  }
  const { pid } = requireRunning(command, box).record.process;
  return readFirstChild(pid) ?? pid;
}
