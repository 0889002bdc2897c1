// Every flag whose value is a path.
import { usageError } from "./usage-error.ts";

/** A path that system calls can take: not empty, no NUL in it. */
export function parsePath(flag: string, text: string): string {
  if (text !== "" && !text.includes("\0")) return text;
  throw usageError(flag, text, "it is not a path", "give a path");
}
