// Calls → tape. Pure: the caller says at which address the tape will lie.
import { ERRNO } from "#ffi/uapi/errno.ts";
import { syscallNumber } from "#ffi/uapi/syscalls.ts";
import type { Arg, Call, Case } from "./call.ts";
import { LIMITS, LOAD, NEVER, RECORD_BYTES, REPORT_BYTES, WORD, WORDS } from "./format.ts";

export interface AssembleOptions {
  readonly arch: "x64" | "arm64";
  /** Where the first byte will lie. */
  readonly base: number;
  /** Numbers of the files that are open before the tape starts, by name. */
  readonly fds: Readonly<Record<string, number>>;
  /** Files that the tape opens get numbers from here on. */
  readonly fdBase: number;
  /** Exit status after a report. */
  readonly failStatus: number;
}

export interface Tape {
  readonly bytes: Uint8Array;
  readonly base: number;
  readonly entry: number;
  /** For each record the index of its call; -1 for the report's own records. */
  readonly callOf: readonly number[];
  /** Address of each named memory area. */
  readonly memory: ReadonlyMap<string, number>;
  /** Address of each label's record. */
  readonly labels: ReadonlyMap<string, number>;
}

function isFailure(arg: Arg): boolean {
  return typeof arg === "object" && "kind" in arg && arg.kind === "failure";
}

const encoder: TextEncoder = new TextEncoder();
const HIGH = 0x1_0000_0000;
const FIRST_SIZE = 64 * 1024;

class Assembler {
  readonly #options: AssembleOptions;
  readonly #calls: readonly Call[];
  #ints: Int32Array;
  #bytes: Uint8Array;
  /** End of what is used, in bytes from the base. */
  #end = 0;
  readonly #recordOfCall: number[] = [];
  readonly #callOf: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #fds = new Map<string, number>();
  readonly #texts = new Map<string, number>();
  readonly #memory = new Map<string, number>();
  readonly #stores = new Map<string, number>();
  #reportRecord = 0;
  #sink = 0;

  constructor(calls: readonly Call[], options: AssembleOptions) {
    this.#calls = calls;
    this.#options = options;
    this.#bytes = new Uint8Array(FIRST_SIZE);
    this.#ints = new Int32Array(this.#bytes.buffer);
  }

  assemble(): Tape {
    this.#layOut();
    this.#sink = this.#reserve(8);
    for (const [index, one] of this.#calls.entries()) this.#record(index, one);
    this.#report();
    for (const [label, store] of this.#stores) this.#storeResult(label, store);
    return {
      bytes: this.#bytes.subarray(0, this.#end),
      base: this.#options.base,
      entry: this.#options.base,
      callOf: this.#callOf,
      memory: this.#memory,
      labels: new Map(
        [...this.#labels].map(([label, index]) => [label, this.#recordAddress(this.#recordOfCall[index] ?? 0)]),
      ),
    };
  }

  /** Gives every call its records, every label and every file its number. */
  #layOut(): void {
    let nextFd = this.#options.fdBase;
    for (const [index, one] of this.#calls.entries()) {
      this.#recordOfCall.push(this.#callOf.length);
      if (one.label !== undefined) this.#label(one.label, index);
      this.#callOf.push(index);
      if (one.as !== undefined) {
        this.#callOf.push(index);
        if (!this.#fds.has(one.as)) this.#fds.set(one.as, nextFd++);
      }
    }
    this.#reportRecord = this.#callOf.length;
    this.#callOf.push(-1, -1);
    if (this.#callOf.length > LIMITS.records) throw new RangeError(`a tape holds ${LIMITS.records} records at most`);
    this.#reserve(this.#callOf.length * RECORD_BYTES);
  }

  #label(label: string, index: number): void {
    if (this.#labels.has(label)) throw new RangeError(`label "${label}" stands twice`);
    this.#labels.set(label, index);
  }

  #record(index: number, one: Call): void {
    const record = this.#recordOfCall[index] ?? 0;
    const word = record * WORDS;
    const { arch } = this.#options;
    this.#put(word, one.name === "load" ? LOAD : syscallNumber(arch, one.name));
    if (one.args.length > 6) throw new RangeError(`${one.name} has more than six arguments`);
    for (const [n, arg] of one.args.entries()) {
      if (isFailure(arg)) this.#put(word + WORD.a0 + n, this.#address((word + WORD.failedRecord) * 8));
      else this.#argument(word + WORD.a0 + n, arg);
    }
    this.#put(word + WORD.store, one.save === undefined ? this.#address(this.#sink) : this.#value(one.save));
    this.#case(word + WORD.when1, one.cases?.[0], record);
    this.#case(word + WORD.when2, one.cases?.[1], record);
    if ((one.cases?.length ?? 0) > 2) throw new RangeError(`${one.name} has more than two cases`);
    this.#put(word + WORD.fail, this.#target(one.fail ?? "report", record));
    this.#put(word + WORD.next, this.#target(one.then ?? "next", record));
    if (one.as !== undefined) this.#nameFile(record, one);
  }

  /** The fresh file moves to its planned number: from there on plans can name it, see dup(2). */
  #nameFile(record: number, one: Call): void {
    const { arch } = this.#options;
    const word = record * WORDS;
    const dup = word + WORDS;
    const O_CLOEXEC = 0x80000;
    this.#put(word + WORD.next, this.#recordAddress(record + 1));
    this.#put(word + WORD.store, this.#address((dup + WORD.a0) * 8));
    this.#put(dup, syscallNumber(arch, "dup3"));
    this.#put(dup + WORD.a0 + 1, this.#fds.get(one.as ?? "") ?? -1);
    this.#put(dup + WORD.a0 + 2, O_CLOEXEC);
    this.#put(dup + WORD.store, this.#address(this.#sink));
    this.#case(dup + WORD.when1, undefined, record);
    this.#case(dup + WORD.when2, undefined, record);
    this.#put(dup + WORD.fail, this.#target("report", record));
    this.#put(dup + WORD.next, this.#target(one.then ?? "next", record + 1));
  }

  #report(): void {
    const { arch, fds, failStatus } = this.#options;
    const word = this.#reportRecord * WORDS;
    const left = this.#address((word + WORD.failedRecord) * 8);
    this.#plain(this.#reportRecord, syscallNumber(arch, "write"), [fds["report"] ?? -1, left, REPORT_BYTES]);
    this.#plain(this.#reportRecord + 1, syscallNumber(arch, "exit_group"), [failStatus]);
  }

  /** A record that always goes on to the one behind it. */
  #plain(record: number, nr: number, args: readonly number[]): void {
    const word = record * WORDS;
    const next = this.#recordAddress(record + 1);
    this.#put(word, nr);
    for (const [n, arg] of args.entries()) this.#put(word + WORD.a0 + n, arg);
    this.#put(word + WORD.store, this.#address(this.#sink));
    this.#case(word + WORD.when1, undefined, record);
    this.#case(word + WORD.when2, undefined, record);
    this.#put(word + WORD.fail, next);
    this.#put(word + WORD.next, next);
  }

  #case(word: number, one: Case | undefined, record: number): void {
    if (one === undefined) return this.#put(word, NEVER);
    if (typeof one.equals === "string") this.#put(word, -ERRNO[one.equals].number);
    else if (typeof one.equals === "number") this.#put(word, one.equals);
    else this.#wantResult(one.equals.label, word);
    this.#put(word + 1, this.#target(one.then, record));
  }

  #target(label: string, record: number): number {
    if (label === "next") return this.#recordAddress(record + 1);
    if (label === "return") return 0;
    if (label === "report") return this.#recordAddress(this.#reportRecord);
    const index = this.#labels.get(label);
    if (index === undefined) throw new RangeError(`no call has the label "${label}"`);
    return this.#recordAddress(this.#recordOfCall[index] ?? 0);
  }

  #argument(word: number, arg: Arg): void {
    if (typeof arg === "number" || typeof arg === "bigint") this.#put(word, arg);
    else if (typeof arg === "object" && "kind" in arg && arg.kind === "result") this.#wantResult(arg.label, word);
    else this.#put(word, this.#value(arg));
  }

  #value(arg: Exclude<Arg, bigint>): number {
    if (typeof arg === "number") return arg;
    if (typeof arg === "string") return this.#address(this.#text(arg));
    if (arg instanceof Uint8Array) return this.#address(this.#data(arg));
    switch (arg.kind) {
      case "fd":
        return this.#fdNumber(arg.name);
      case "memory":
        return this.#area(arg.name, arg.size) + arg.at;
      case "strings":
        return this.#address(this.#wordArray([...arg.texts, 0]));
      case "words":
        return this.#address(this.#wordArray(arg.words));
      case "result":
      case "failure":
        throw new RangeError(`a ${arg.kind} can only be an argument of its own`);
    }
  }

  #fdNumber(name: string): number {
    const number = this.#fds.get(name) ?? this.#options.fds[name];
    if (number === undefined) throw new RangeError(`no open file is named "${name}"`);
    return number;
  }

  #area(name: string, size: number): number {
    const known = this.#memory.get(name);
    if (known !== undefined) return known;
    const address = this.#address(this.#reserve(size));
    this.#memory.set(name, address);
    return address;
  }

  #wordArray(list: readonly Arg[]): number {
    const offset = this.#reserve(list.length * 8);
    for (const [n, arg] of list.entries()) this.#argument(offset / 8 + n, arg);
    return offset;
  }

  #text(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (text.includes("\0")) throw new RangeError("a text holds a NUL byte");
    const offset = this.#data(encoder.encode(text), 1);
    this.#texts.set(text, offset);
    return offset;
  }

  #data(bytes: Uint8Array, nul = 0): number {
    const offset = this.#reserve(bytes.length + nul);
    this.#bytes.set(bytes, offset);
    return offset;
  }

  #wantResult(label: string, word: number): void {
    if (this.#stores.has(label)) throw new RangeError(`the result of "${label}" is wanted twice`);
    this.#stores.set(label, word);
  }

  #storeResult(label: string, word: number): void {
    const index = this.#labels.get(label);
    const one = index === undefined ? undefined : this.#calls[index];
    if (index === undefined || one === undefined) throw new RangeError(`no call has the label "${label}"`);
    if (one.as !== undefined || one.save !== undefined)
      throw new RangeError(`"${label}" already has its result stored`);
    // An errno stored where a later call expects a value would be used as one.
    if (one.cases?.some((row) => typeof row.equals === "string" && row.then === "next")) {
      throw new RangeError(`"${label}" tolerates a failure and feeds a later call`);
    }
    this.#put((this.#recordOfCall[index] ?? 0) * WORDS + WORD.store, this.#address(word * 8));
  }

  /** Room for `size` bytes, aligned to a word. */
  #reserve(size: number): number {
    const offset = this.#end;
    this.#end = (offset + size + 7) & ~7;
    if (this.#end > LIMITS.bytes) throw new RangeError(`a tape holds ${LIMITS.bytes} bytes at most`);
    if (this.#end > this.#bytes.length) this.#grow();
    return offset;
  }

  #grow(): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, (this.#end + 4095) & ~4095));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#ints = new Int32Array(bytes.buffer);
  }

  #put(word: number, value: number | bigint): void {
    if (typeof value === "bigint") {
      this.#ints[word * 2] = Number(BigInt.asIntN(32, value));
      this.#ints[word * 2 + 1] = Number(BigInt.asIntN(32, value >> 32n));
      return;
    }
    this.#ints[word * 2] = value | 0; // ToInt32 takes the low 32 bits of any safe integer
    this.#ints[word * 2 + 1] = Math.floor(value / HIGH);
  }

  #address(offset: number): number {
    return this.#options.base + offset;
  }

  #recordAddress(record: number): number {
    return this.#options.base + record * RECORD_BYTES;
  }
}

/** Lays calls out as a tape for one place in memory. Throws RangeError where they don't fit together. */
export function assemble(calls: readonly Call[], options: AssembleOptions): Tape {
  return new Assembler(calls, options).assemble();
}
