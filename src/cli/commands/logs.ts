// `nsbox logs`: what a box has printed.
import { LOGS_OPTIONS, type LogsDraft } from "#src/cli/box-options.ts";
import { findOneBox } from "#src/cli/box-words.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { NsboxError } from "#src/error.ts";
import { printBytes } from "#src/host/print.ts";
import { waitForEnd } from "#src/state/box-control.ts";
import { openLog } from "#src/state/box-log.ts";

const POLL_MS = 100;

/** Prints it. Throws NsboxError. */
export async function logsCommand(argv: readonly string[]): Promise<number> {
  const draft: LogsDraft = { json: false, follow: false, tail: undefined, timestamps: false };
  const { words } = parseOptions(LOGS_OPTIONS, draft, argv, { command: "logs", stopAtWord: false });
  const box = findOneBox("logs", words);
  if (draft.timestamps && !draft.follow) {
    throw new NsboxError("EUSAGE", "Cannot use --timestamps without -f: the log holds no times", {
      hint: "let the command print them, or use nsbox logs -f --timestamps",
    });
  }
  using log = openLog(box, draft.tail);
  const print = draft.json ? jsonPrinter() : draft.timestamps ? stampPrinter() : printBytes;
  const isOpen = print(log.read());
  if (!draft.follow || !isOpen) return 0;
  for (;;) {
    // What was printed before the end is read after it: nothing is missed.
    const ended = waitForEnd(box, POLL_MS);
    if (!print(log.read()) || ended) return 0;
  }
}

type Printer = (bytes: Uint8Array) => boolean;

/** Hands on whole lines; the rest of one waits for its end. */
function linePrinter(format: (line: string) => string): Printer {
  const decoder = new TextDecoder();
  let rest = "";
  return (bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    return lines.length === 0 || printBytes(new TextEncoder().encode(lines.map(format).join("")));
  };
}

function jsonPrinter(): Printer {
  return linePrinter((line) => `${JSON.stringify({ line })}\n`);
}

function stampPrinter(): Printer {
  return linePrinter((line) => `${new Date().toISOString()} ${line}\n`);
}
