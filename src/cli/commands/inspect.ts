// `nsbox inspect PID`.
import { INSPECT_OPTIONS, type InspectDraft } from "#src/cli/inspect-options.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { NsboxError } from "#src/error.ts";
import { printOut } from "#src/host/print.ts";
import { isTerminal } from "#src/host/read-facts.ts";
import { explainProcess } from "#src/inspect/explain-process.ts";
import { readProcess } from "#src/inspect/read-process.ts";

const WIDTH = 96;

/** Prints what isolates a process. Throws NsboxError. */
export async function inspectCommand(argv: readonly string[]): Promise<number> {
  const draft: InspectDraft = { json: false };
  const { words } = parseOptions(INSPECT_OPTIONS, draft, argv, { command: "inspect", stopAtWord: false });
  const view = readProcess(parsePid(words));
  const color = isTerminal(1) && (process.env["NO_COLOR"] ?? "") === "";
  printOut(draft.json ? `${JSON.stringify(view, null, 2)}\n` : explainProcess(view, { color, width: WIDTH }));
  return 0;
}

function parsePid(words: readonly string[]): number {
  const [word, ...rest] = words;
  const hint = "write for example nsbox inspect $$";
  if (word === undefined) throw new NsboxError("EUSAGE", "Cannot inspect: no PID is given", { hint });
  if (rest.length > 0)
    throw new NsboxError("EUSAGE", `Cannot inspect ${JSON.stringify(rest[0])} too: one PID at a time`, { hint });
  if (/^[1-9]\d{0,7}$/.test(word)) return Number(word);
  throw new NsboxError("EUSAGE", `Cannot inspect ${JSON.stringify(word)}: it is not a PID`, { hint });
}
