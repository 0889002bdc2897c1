// What every group of `inspect` is made of: values that may be refused, and blocks of text that explain them.

/** A value, or why it can't be had: errno by name, what that means here, and what would help. */
export type Readable<T> =
  { readonly value: T } | { readonly unreadable: string; readonly reason: string; readonly help: string };

export interface Row {
  readonly label: string;
  readonly value: string;
  /** What it means, for who sees it for the first time. */
  readonly note?: string;
}

/** Rows are "label value"; a table's last column is wrapped, a tree's first column is a drawing. */
export type Block =
  | { readonly kind: "rows"; readonly rows: readonly Row[] }
  | { readonly kind: "table"; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };

export interface Group {
  readonly title: string;
  /** What the whole group is about, in one line. */
  readonly meaning: string;
  readonly blocks: readonly Block[];
}

export function rows(...list: readonly Row[]): Block {
  return { kind: "rows", rows: list };
}

/** A table; nothing where it has no rows. */
export function table(head: readonly string[], list: readonly (readonly string[])[]): readonly Block[] {
  return list.length === 0 ? [] : [{ kind: "table", head, rows: list }];
}

/** "not readable: EACCES: …; as root it would be" */
export function refused(readable: {
  readonly unreadable: string;
  readonly reason: string;
  readonly help: string;
}): string {
  const { unreadable, reason, help } = readable;
  return `not readable (${unreadable}): ${reason}${help === "" ? "" : `; ${help}`}`;
}

/** The value in words, or why there is none. */
export function shown<T>(readable: Readable<T>, show: (value: T) => string): string {
  return "value" in readable ? show(readable.value) : refused(readable);
}

/** The value's blocks, or a row that says why there is none. */
export function shownBlocks<T>(
  readable: Readable<T>,
  label: string,
  show: (value: T) => readonly Block[],
): readonly Block[] {
  return "value" in readable ? show(readable.value) : [rows({ label, value: refused(readable) })];
}

/** The value parsed; a refusal stays one. */
export function mapReadable<T, U>(readable: Readable<T>, map: (value: T) => U): Readable<U> {
  return "value" in readable ? { value: map(readable.value) } : readable;
}

/** "1 process", "2 processes". */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** 1536 → "1.5 KiB". */
export function explainBytes(bytes: number): string {
  const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${UNITS[unit]}`;
}
