// Lays out C structs the way the System V ABIs of x86-64 and arm64 do: natural alignment, little endian.

/** A scalar C type. */
export type FieldType = "u8" | "u16" | "u32" | "i32" | "u64";

/** One member of a struct, in the order of the header. */
export type Field<Name extends string = string> = readonly [name: Name, type: FieldType];

/** A C struct whose members are all scalars. */
export interface Struct<Name extends string> {
  /** As sizeof. */
  readonly size: number;
  /** As offsetof. */
  readonly offsets: Readonly<Record<Name, number>>;
  /** The bytes of a struct with these members, the others 0. Throws a RangeError where a value does not fit. */
  pack(values: Readonly<Partial<Record<Name, number | bigint>>>): Uint8Array<ArrayBuffer>;
}

const BYTES: Readonly<Record<FieldType, number>> = { u8: 1, u16: 2, u32: 4, i32: 4, u64: 8 };

/** The layout of a C struct with these members; see Struct. It is computed when it is first asked for: few are. */
export function defineStruct<const Name extends string>(fields: readonly Field<Name>[]): Struct<Name> {
  return new LazyStruct(fields);
}

interface Layout<Name extends string> {
  readonly size: number;
  readonly offsets: Readonly<Record<Name, number>>;
}

class LazyStruct<Name extends string> implements Struct<Name> {
  readonly #fields: readonly Field<Name>[];
  #layout: Layout<Name> | undefined;

  constructor(fields: readonly Field<Name>[]) {
    this.#fields = fields;
  }

  get size(): number {
    this.#layout ??= layOut(this.#fields);
    return this.#layout.size;
  }

  get offsets(): Readonly<Record<Name, number>> {
    this.#layout ??= layOut(this.#fields);
    return this.#layout.offsets;
  }

  pack(values: Readonly<Partial<Record<Name, number | bigint>>>): Uint8Array<ArrayBuffer> {
    const { size, offsets } = this;
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    for (const [name, type] of this.#fields) {
      const value = values[name] ?? 0;
      if (value !== 0 && !packScalar(view, offsets[name], type, value))
        throw new RangeError(`Cannot pack "${name}": ${value} does not fit ${type}`);
    }
    return bytes;
  }
}

function layOut<Name extends string>(fields: readonly Field<Name>[]): Layout<Name> {
  const offsets: Partial<Record<Name, number>> = {};
  let end = 0;
  let align = 1;
  for (const [name, type] of fields) {
    const bytes = BYTES[type];
    const offset = roundUp(end, bytes);
    offsets[name] = offset;
    end = offset + bytes;
    align = Math.max(align, bytes);
  }
  return { size: roundUp(end, align), offsets: offsets as Record<Name, number> }; // the loop set every Name
}

/** False where the value does not fit. A bigint is made for 64 bits alone: it costs an allocation. */
function packScalar(view: DataView, offset: number, type: FieldType, value: number | bigint): boolean {
  if (type === "u64") {
    const wide = BigInt(value);
    if (BigInt.asUintN(64, wide) !== wide) return false;
    view.setBigUint64(offset, wide, true);
    return true;
  }
  const number = Number(value);
  const low = type === "i32" ? -(2 ** 31) : 0;
  const high = type === "i32" ? 2 ** 31 : 2 ** (BYTES[type] * 8);
  if (!Number.isInteger(number) || number < low || number >= high) return false;
  if (type === "u8") view.setUint8(offset, number);
  else if (type === "u16") view.setUint16(offset, number, true);
  else view.setUint32(offset, number, true);
  return true;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
