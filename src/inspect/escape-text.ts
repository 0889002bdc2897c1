// Names that other processes chose, made harmless for a terminal.
import { mapList } from "./groups/lists.ts";

/** Control characters (C0, DEL, C1) and those that change the direction of text, as \xNN or \u{…}. */
export function escapeText(text: string): string {
  if (HARMLESS.test(text)) return text;
  let escaped = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) escaped += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (isDirection(code)) escaped += `\\u{${code.toString(16)}}`;
    else escaped += character;
  }
  return escaped;
}

/** Most texts are no more than this, with what we draw ourselves, and need no look at each character. */
const HARMLESS = /^[\x20-\x7e├└│…–›µ×]*$/;

/** The same of each; most often all are harmless. */
export function escapeTexts(texts: readonly string[]): readonly string[] {
  return HARMLESS.test(texts.join("")) ? texts : mapList(texts, escapeText);
}

/** Bidirectional controls and zero-width characters: what is read would not be what is there. */
function isDirection(code: number): boolean {
  return (
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    code === 0x061c ||
    code === 0xfeff
  );
}
