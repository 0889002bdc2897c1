// What a box has printed, made harmless for the terminal of who looks at it later: colours stay, and all that moves the
// cursor, changes the title, answers as if it were typed or reads the clipboard is shown instead of done. Pure.

const ESC = 0x1b;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const DEL = 0x7f;
/** The first byte of C1 controls in UTF-8: 0xc2 0x80 to 0xc2 0x9f. */
const C1 = 0xc2;
/** ESC [ digits m, as colours are set: SGR of ECMA-48. */
const COLOUR_MAX = 24;
const RESET = Uint8Array.of(ESC, 0x5b, 0x30, 0x6d);

/** Takes bytes in any pieces; a control sequence may begin in one and end in another. */
export class TerminalFilter {
  #held: number[] = [];
  #isColoured = false;

  feed(bytes: Uint8Array): Uint8Array {
    const shown: number[] = [];
    for (const byte of bytes) this.#take(byte, shown);
    return Uint8Array.from(shown);
  }

  /** What was held back, and the terminal's own colours again. */
  end(): Uint8Array {
    const shown = this.#held.flatMap(escaped);
    this.#held = [];
    return Uint8Array.from(this.#isColoured ? [...shown, ...RESET] : shown);
  }

  #take(byte: number, shown: number[]): void {
    const held = this.#held;
    if (held.length === 0) {
      if (byte === ESC || byte === C1) held.push(byte);
      else shown.push(...(isPlain(byte) ? [byte] : escaped(byte)));
      return;
    }
    if (held[0] === C1) {
      this.#held = [];
      // Terminals in UTF-8 take these two bytes for one control, as ESC and a letter.
      if (byte >= 0x80 && byte < 0xa0) shown.push(...escaped(C1), ...escaped(byte));
      else {
        shown.push(C1);
        this.#take(byte, shown);
      }
      return;
    }
    if (held.length === 1 ? byte === 0x5b : isColourByte(byte) && held.length < COLOUR_MAX) {
      held.push(byte);
      return;
    }
    this.#held = [];
    if (held.length > 1 && byte === 0x6d) {
      this.#isColoured = true;
      shown.push(...held, byte);
      return;
    }
    shown.push(...escaped(ESC), ...held.slice(1));
    this.#take(byte, shown);
  }
}

/** Digits, semicolons and colons. */
function isColourByte(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x3b;
}

function isPlain(byte: number): boolean {
  return byte === TAB || byte === LF || byte === CR || (byte >= 0x20 && byte !== DEL);
}

/** "\x1b". */
function escaped(byte: number): readonly number[] {
  return [...new TextEncoder().encode(`\\x${byte.toString(16).padStart(2, "0")}`)];
}
