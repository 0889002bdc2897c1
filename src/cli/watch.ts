// Looks at something again and again until Ctrl-C, and prints it when it has changed.
import { printOut } from "#src/host/print.ts";
import { readTerminalSize } from "#src/host/terminal-size.ts";

export interface WatchOptions {
  readonly intervalMs: number;
  /** Text that replaces what is on the screen; otherwise each is printed below the last. */
  readonly redraw: boolean;
}

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const HOME = "\x1b[H";
const CLEAR_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** Ends when `look` gives nothing more, or with Ctrl-C; the terminal is left as it was found. */
export async function watch(look: () => string | undefined, { intervalMs, redraw }: WatchOptions): Promise<void> {
  const stop = Promise.withResolvers<"stop">();
  const onSignal = (): void => stop.resolve("stop");
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onSignal);
  if (redraw) printOut(HIDE_CURSOR);
  try {
    let last: string | undefined;
    for (;;) {
      const text = look();
      if (text === undefined) return;
      if (text !== last) printOut(redraw ? screenOf(text, last === undefined) : text);
      last = text;
      if ((await Promise.race([stop.promise, after(intervalMs)])) === "stop") return;
    }
  } finally {
    if (redraw) printOut(SHOW_CURSOR);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, onSignal);
  }
}

function after(ms: number): Promise<"time"> {
  return new Promise((resolve) => {
    setTimeout(() => resolve("time"), ms);
  });
}

/** What fits the screen, over what was there: cleared as a whole it would flicker. */
function screenOf(text: string, first: boolean): string {
  const rows = readTerminalSize(1)?.rows ?? 24;
  const lines = text.trimEnd().split("\n");
  const more = lines.length - (rows - 1);
  const shown = more > 0 ? [...lines.slice(0, rows - 2), `… ${more + 1} lines more: make the window higher`] : lines;
  const start = first ? `${HOME}${CLEAR_BELOW}` : HOME;
  return `${start}${shown.map((line) => `${line}${CLEAR_LINE_END}\n`).join("")}${CLEAR_BELOW}`;
}
