// --detach-keys of `attach`.
import { usageError } from "./usage-error.ts";

const CTRL = 0x1f;

/** "ctrl-p,ctrl-q", "ctrl-],x" → the bytes that a terminal sends for them. */
export function parseDetachKeys(flag: string, text: string): Uint8Array {
  const keys = text.split(",").map((word) => {
    const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(word)?.[1];
    if (control !== undefined) return control.toUpperCase().charCodeAt(0) & CTRL;
    if (/^[!-~]$/.test(word)) return word.charCodeAt(0);
    throw usageError(flag, text, `${JSON.stringify(word)} is no key`, "write keys with commas between: ctrl-p,ctrl-q");
  });
  return new Uint8Array(keys);
}
