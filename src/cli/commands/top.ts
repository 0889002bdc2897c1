// `nsbox top`: the processes of a box, by their PIDs outside and inside.
import { JSON_OPTIONS, type JsonDraft } from "#src/cli/box-options.ts";
import { findOneBox, requireRunning } from "#src/cli/box-words.ts";
import { alignColumns } from "#src/cli/columns.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { printOut } from "#src/host/print.ts";
import { terminalWidth } from "#src/host/terminal-width.ts";
import { escapeText } from "#src/inspect/escape-text.ts";
import { listProcesses } from "#src/state/box-processes.ts";

const HEAD = ["PID", "INSIDE", "STATE", "UID", "MEMORY", "COMMAND"];

/** Prints them. Throws NsboxError. */
export async function topCommand(argv: readonly string[]): Promise<number> {
  const draft: JsonDraft = { json: false };
  const { words } = parseOptions(JSON_OPTIONS, draft, argv, { command: "top", stopAtWord: false });
  const processes = listProcesses(requireRunning("top", findOneBox("top", words)));
  if (draft.json) {
    const shown = processes.map(({ startTicks, ...rest }) => rest);
    printOut(`${JSON.stringify(shown, null, 2)}\n`);
    return 0;
  }
  const rows = processes.map(({ pid, inside, state, user, residentKb, command }) => [
    ...[pid, inside, state, user, `${residentKb} kB`].map(String),
    escapeText(command),
  ]);
  printOut(`${alignColumns([HEAD, ...rows], terminalWidth())}\n`);
  return 0;
}
