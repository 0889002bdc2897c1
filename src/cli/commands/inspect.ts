// `nsbox inspect PID|BOX`.
import { INSPECT_OPTIONS, type InspectDraft } from "#src/cli/inspect-options.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { parsePid, pidOfWord } from "#src/cli/process-word.ts";
import { NsboxError } from "#src/error.ts";
import { printError, printOut } from "#src/host/print.ts";
import { readTerminalSize } from "#src/host/terminal-size.ts";
import { explainProcess } from "#src/inspect/explain-process.ts";
import { processJson, type ProcessView } from "#src/inspect/process-view.ts";
import { OpenProcess, readProcess, viewProcess } from "#src/inspect/read-process.ts";
import type { Enter } from "#src/inspect/visit.ts";

/** Where no terminal tells. */
const WIDTH = 120;
const INTERVAL_MS = 2000;

/** Prints what isolates a process; "help" if that was asked for. Throws NsboxError. */
export async function inspectCommand(argv: readonly string[]): Promise<number | "help"> {
  const draft: InspectDraft = { json: false, watch: false, intervalMs: undefined };
  const { words, help } = parseOptions(INSPECT_OPTIONS, draft, argv, { command: "inspect", stopAtWord: false });
  if (help) return "help";
  const word = onlyWord(words);
  const pid = parsePid(word) ?? (await pidOfWord("inspect", word));
  if (draft.watch) return watchProcess(pid, draft);
  if (draft.intervalMs !== undefined)
    throw new NsboxError("EUSAGE", "Cannot use --interval: without --watch one looks once", { hint: "add --watch" });
  const view = await lookAt(pid);
  printOut(draft.json ? `${processJson(view, 2)}\n` : processText(view));
  return 0;
}

/** What enters other namespaces is loaded only for a process that is in any. Once: its files are closed by our own end. */
async function lookAt(pid: number): Promise<ProcessView> {
  const open = new OpenProcess(pid);
  return viewProcess(open, open.isElsewhere ? await loadEnter() : unused);
}

async function loadEnter(): Promise<Enter> {
  return (await import("#src/run/peek.ts")).peek;
}

function unused(): never {
  throw new TypeError("Cannot enter: the process is in our own namespaces");
}

function processText(view: ProcessView): string {
  const size = readTerminalSize(1);
  const color = size !== undefined && (process.env["NO_COLOR"] ?? "") === "";
  return explainProcess(view, Date.now(), { color, width: size?.columns ?? WIDTH });
}

/** The end of the process is the end of the watch, and no failure; with --json each change is a line. */
async function watchProcess(pid: number, { json, intervalMs = INTERVAL_MS }: InspectDraft): Promise<number> {
  const { watch } = await import("#src/cli/watch.ts");
  const enter = await loadEnter();
  let [seen, ended] = [false, false];
  const look = (): string | undefined => {
    try {
      const view = readProcess(pid, enter);
      const text = json ? `${processJson(view)}\n` : processText(view);
      seen = true;
      return text;
    } catch (error) {
      ended = seen && error instanceof NsboxError && error.code === "ESPEC";
      if (ended) return undefined;
      throw error;
    }
  };
  await watch(look, { intervalMs, redraw: !json && readTerminalSize(1) !== undefined });
  if (ended) printError(`nsbox: process ${pid} has ended\n`);
  return 0;
}

function onlyWord(words: readonly string[]): string {
  const word = words[0];
  const hint = "write for example nsbox inspect $$";
  if (word === undefined) throw new NsboxError("EUSAGE", "Cannot inspect: no PID and no box is given", { hint });
  if (words.length > 1)
    throw new NsboxError("EUSAGE", `Cannot inspect ${JSON.stringify(words[1])} too: one process at a time`, { hint });
  return word;
}
