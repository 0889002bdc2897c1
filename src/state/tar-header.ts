// Headers of tar archives, see pax(1) and tar(5): ustar, with extended headers where a name is long. Pure.
import { NsboxError } from "#src/error.ts";

export const TAR_BLOCK = 512;

/** What a header says of what follows it. */
export interface TarEntry {
  readonly path: string;
  /** As in the header: "0" a file, "5" a folder, "2" a symbolic link, "1" a hard link. */
  readonly type: string;
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
  /** Of a link: where it leads. */
  readonly link: string;
}

const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  link: [157, 100],
  magic: [257, 8],
  prefix: [345, 155],
} as const;

const OCTAL_MAX = 8 ** 11 - 1;
const SPACE = 32;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The blocks of a header, with an extended one before it where it does not hold all. */
export function encodeTarHeader(entry: TarEntry): Uint8Array {
  const extended = extendedRecords(entry);
  if (extended.length === 0) return encodeBlock(entry);
  const head = encodeBlock({ path: "nsbox", type: "x", mode: 0o644, size: extended.length, mtime: 0, link: "" });
  return concat([
    head,
    extended,
    tarPadding(extended.length),
    encodeBlock({ ...entry, size: Math.min(entry.size, OCTAL_MAX) }),
  ]);
}

/** Zeros that fill the last block. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK);
}

function extendedRecords({ path, link, size }: TarEntry): Uint8Array {
  const records: Uint8Array[] = [];
  if (encoder.encode(path).length > FIELDS.name[1]) records.push(extendedRecord("path", path));
  if (encoder.encode(link).length > FIELDS.link[1]) records.push(extendedRecord("linkpath", link));
  if (size > OCTAL_MAX) records.push(extendedRecord("size", String(size)));
  return concat(records);
}

/** "23 path=…\n", where 23 is the length of all of it, itself included. */
function extendedRecord(key: string, value: string): Uint8Array {
  const rest = encoder.encode(` ${key}=${value}\n`);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return concat([encoder.encode(String(length)), rest]);
}

function encodeBlock(entry: TarEntry): Uint8Array {
  const block = new Uint8Array(TAR_BLOCK);
  const put = (field: keyof typeof FIELDS, text: string): void => {
    const [at, size] = FIELDS[field];
    block.set(encoder.encode(text).subarray(0, size), at);
  };
  const octal = (field: keyof typeof FIELDS, value: number): void =>
    put(field, value.toString(8).padStart(FIELDS[field][1] - 1, "0"));
  put("name", entry.path);
  octal("mode", entry.mode);
  octal("uid", 0);
  octal("gid", 0);
  octal("size", entry.size);
  octal("mtime", Math.min(Math.max(0, entry.mtime), OCTAL_MAX));
  put("type", entry.type);
  put("link", entry.link);
  put("magic", "ustar\u000000");
  block.fill(SPACE, FIELDS.checksum[0], FIELDS.checksum[0] + FIELDS.checksum[1]);
  put("checksum", `${sum(block).toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** What a block says; undefined for one of zeros, which is the end. Throws NsboxError ESPEC where it is no header. */
export function decodeTarHeader(block: Uint8Array): TarEntry | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const text = (field: keyof typeof FIELDS): string => {
    const [at, size] = FIELDS[field];
    const bytes = block.subarray(at, at + size);
    const end = bytes.indexOf(0);
    return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
  };
  const checked = Uint8Array.from(block);
  checked.fill(SPACE, FIELDS.checksum[0], FIELDS.checksum[0] + FIELDS.checksum[1]);
  if (Number.parseInt(text("checksum").trim(), 8) !== sum(checked)) throw noTar("a header of it is damaged, or none");
  const prefix = text("magic").startsWith("ustar") && block[FIELDS.magic[0] + 5] === 0 ? text("prefix") : "";
  return {
    path: prefix === "" ? text("name") : `${prefix}/${text("name")}`,
    type: text("type") === "" ? "0" : text("type"),
    mode: decodeNumber(block, FIELDS.mode),
    size: decodeNumber(block, FIELDS.size),
    mtime: decodeNumber(block, FIELDS.mtime),
    link: text("link"),
  };
}

/** Octal digits; or, as GNU tar has it where those are not enough, a number of 8 bytes and more after a high bit. */
function decodeNumber(block: Uint8Array, [at, size]: readonly [number, number]): number {
  const bytes = block.subarray(at, at + size);
  if ((bytes[0] ?? 0) >= 0x80) {
    const value = bytes.slice(1).reduce((sum, byte) => sum * 256 + byte, 0);
    if (Number.isSafeInteger(value)) return value;
    throw noTar("a number in it is too large");
  }
  const digits = decoder.decode(bytes).replaceAll("\0", " ").trim();
  if (/^[0-7]*$/.test(digits)) return digits === "" ? 0 : Number.parseInt(digits, 8);
  throw noTar("a number in it is none");
}

/** The records of an extended header, by their keys. Throws NsboxError ESPEC. */
export function decodeExtended(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(SPACE, at);
    const length = Number(decoder.decode(bytes.subarray(at, space)));
    if (space < 0 || !Number.isSafeInteger(length) || length < space - at + 3 || at + length > bytes.length)
      throw noTar("an extended header of it is damaged");
    const record = decoder.decode(bytes.subarray(space + 1, at + length - 1));
    const equals = record.indexOf("=");
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

/** The error where what is read is no archive. */
export function noTar(why: string): NsboxError {
  return new NsboxError("ESPEC", `Cannot unpack stdin: ${why}`, {
    hint: "it takes what tar writes, not compressed: tar -c FOLDER | nsbox cp - BOX:PATH",
  });
}

function sum(block: Uint8Array): number {
  return block.reduce((total, byte) => total + byte, 0);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
