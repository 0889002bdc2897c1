// --signal.
import { parseSignal } from "#ffi/uapi/signal.ts";
import { usageError } from "./usage-error.ts";

/** "TERM", "SIGTERM", "15", "RTMIN+3" → its number. */
export function parseSignalName(flag: string, text: string): number {
  const number = parseSignal(text);
  if (number !== undefined) return number;
  throw usageError(flag, text, "it is not a signal", "write a name or a number of signal(7): TERM, HUP, 9, RTMIN+3");
}
