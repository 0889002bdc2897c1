// Reads plain data strictly: what is of the wrong kind, or not known, is an error that names its place.
import { NsboxError } from "#src/error.ts";

const SHOWN_MAX = 60;

/** A value within a document, and where it stands. */
export class Reader {
  readonly #value: unknown;
  readonly #place: string;
  readonly #document: string;

  constructor(document: string, value: unknown, place: string = "") {
    this.#document = document;
    this.#value = value;
    this.#place = place;
  }

  get value(): unknown {
    return this.#value;
  }

  /** null counts as absent: Go writes it for empty lists. */
  get isAbsent(): boolean {
    return this.#value === undefined || this.#value === null;
  }

  fail(what: string, hint: string): NsboxError {
    const place = this.#place === "" ? "" : `${this.#place} `;
    const document = JSON.stringify(this.#document);
    return new NsboxError("EUSAGE", `Cannot use the seccomp profile ${document}: ${place}${what}`, { hint });
  }

  field(name: string): Reader {
    const object = this.#object();
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    return new Reader(this.#document, value, this.#place === "" ? name : `${this.#place}.${name}`);
  }

  has(name: string): boolean {
    return !this.field(name).isAbsent;
  }

  /** Throws at a key that is none of these. */
  only(names: readonly string[]): void {
    const unknown = Object.keys(this.#object()).find((key) => !names.includes(key));
    if (unknown !== undefined)
      throw this.fail(`has the unknown key ${shown(unknown)}`.trimStart(), `known are ${names.join(", ")}`);
  }

  list(): readonly Reader[] {
    if (this.isAbsent) return [];
    if (!Array.isArray(this.#value)) throw this.fail(`is ${shown(this.#value)}, not a list`, "write it as [ … ]");
    return this.#value.map((value: unknown, n) => new Reader(this.#document, value, `${this.#place}[${n}]`));
  }

  text(): string {
    if (typeof this.#value === "string") return this.#value;
    throw this.fail(this.isAbsent ? "is missing" : `is ${shown(this.#value)}, not a text`, "write it in quotes");
  }

  /** One of a table's words. */
  oneOf<Word extends string>(words: readonly Word[]): Word {
    const text = this.text();
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw this.fail(`is ${shown(text)}, which is not known`, `known are ${words.join(", ")}`);
  }

  /** A whole number from 0 to `max`. */
  whole(max: bigint): bigint {
    const value = typeof this.#value === "number" && Number.isInteger(this.#value) ? BigInt(this.#value) : this.#value;
    if (typeof value === "bigint" && value >= 0n && value <= max) return value;
    const what = this.isAbsent ? "is missing" : `is ${shown(this.#value)}`;
    throw this.fail(what, `write a whole number from 0 to ${max}`);
  }

  #object(): Readonly<Record<string, unknown>> {
    if (typeof this.#value === "object" && this.#value !== null && !Array.isArray(this.#value))
      return this.#value as Record<string, unknown>; // every key of an object is a text
    throw this.fail(this.isAbsent ? "is missing" : `is ${shown(this.#value)}, not an object`, "write it as { … }");
  }
}

function shown(value: unknown): string {
  const text = typeof value === "bigint" ? String(value) : (JSON.stringify(value, bigintsAsText) ?? String(value));
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`;
}

function bigintsAsText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
