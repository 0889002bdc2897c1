// `nsbox diff PID|BOX PID|BOX`.
import { DIFF_OPTIONS, type DiffDraft } from "#src/cli/diff-options.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { pidOfWord } from "#src/cli/process-word.ts";
import { NsboxError } from "#src/error.ts";
import { printOut } from "#src/host/print.ts";
import { readTerminalSize } from "#src/host/terminal-size.ts";
import { diffProcesses } from "#src/inspect/diff-processes.ts";
import { readCompared } from "#src/inspect/diff-read.ts";
import { explainDiff } from "#src/inspect/explain-diff.ts";

/** Where no terminal tells. */
const WIDTH = 96;

/** Prints what two processes share and what not; 1 if anything differs. Throws NsboxError. */
export async function diffCommand(argv: readonly string[]): Promise<number> {
  const draft: DiffDraft = { json: false };
  const { words } = parseOptions(DIFF_OPTIONS, draft, argv, { command: "diff", stopAtWord: false });
  const [first, second] = await parseProcesses(words);
  const diff = diffProcesses(readCompared(first), readCompared(second));
  const size = readTerminalSize(1);
  const color = size !== undefined && (process.env["NO_COLOR"] ?? "") === "";
  printOut(
    draft.json ? `${JSON.stringify(diff, null, 2)}\n` : explainDiff(diff, { color, width: size?.columns ?? WIDTH }),
  );
  return diff.different === 0 ? 0 : 1;
}

async function parseProcesses(words: readonly string[]): Promise<readonly [number, number]> {
  const hint = "write for example nsbox diff $$ 4711";
  const [first, second, ...rest] = words;
  if (first === undefined || second === undefined || rest.length > 0) {
    const state =
      words.length === 0 ? "no PID is given" : `${words.length} ${words.length === 1 ? "PID is" : "PIDs are"} given`;
    throw new NsboxError("EUSAGE", `Cannot compare: ${state}, and it takes two`, { hint });
  }
  return [await pidOfWord("diff", first), await pidOfWord("diff", second)];
}
