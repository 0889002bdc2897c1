// The keys that end an attachment, found in what is typed. Pure.

/** Ctrl-P, Ctrl-Q. */
export const DEFAULT_DETACH_KEYS: Uint8Array = new Uint8Array([0x10, 0x11]);

/** Takes what is typed apart into what goes to the box, and the keys. */
export class DetachKeys {
  readonly #keys: Uint8Array;
  /** How many of the keys have been typed, and are held back. */
  #typed = 0;
  #isDetached = false;

  constructor(keys: Uint8Array) {
    this.#keys = keys;
  }

  /** All of the keys have been typed. */
  get isDetached(): boolean {
    return this.#isDetached;
  }

  /** What goes on to the box; keys that turn out to be none of ours go with what follows them. */
  feed(bytes: Uint8Array): Uint8Array {
    const passed: number[] = [];
    for (const byte of bytes) {
      if (this.#isDetached) break;
      if (byte !== this.#keys[this.#typed]) {
        passed.push(...this.#keys.subarray(0, this.#typed));
        this.#typed = 0;
      }
      if (byte === this.#keys[this.#typed]) this.#typed++;
      else passed.push(byte);
      this.#isDetached = this.#typed === this.#keys.length;
    }
    return new Uint8Array(passed);
  }
}
