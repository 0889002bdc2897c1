// Calls → tape. Pure: the caller says at which address the tape will lie.
// This runs cold in every `nsbox run`, in an interpreter: plain loops, no iterators, a record copied from a template.
import { errnoNumber } from "#ffi/uapi/errno.ts";
import { syscallNumber } from "#ffi/uapi/syscalls.ts";
import type { Arg, Call, Case } from "./call.ts";
import { LIMITS, LOAD, RECORD_BYTES, REPORT_BYTES, WORD, WORDS } from "./format.ts";

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
  /** Addresses of labels on other tapes in the same memory. */
  readonly labels?: Readonly<Record<string, number>>;
  /** Addresses of memory areas that another tape has. */
  readonly memory?: ReadonlyMap<string, number> | undefined;
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

/** Lays calls out as a tape for one place in memory. Throws RangeError where they don't fit together. */
export function assemble(calls: readonly Call[], options: AssembleOptions): Tape {
  return new Assembler(calls, options).assemble();
}

const encoder: TextEncoder = new TextEncoder();
const HIGH = 0x1_0000_0000;
const FIRST_SIZE = 64 * 1024;
const HALVES = WORDS * 2;
/** Below this a number has nothing in its word's upper half. */
const SMALL = 0x8000_0000;
const O_CLOEXEC = 0x80000;
/** The argument that holds a tag. */
const TAG = 5;
/** NEVER as two halves, low and high. */
const NEVER_HIGH = -0x8000_0000;

/** Writes a safe integer as a word. */
function halves(ints: Int32Array, word: number, value: number): void {
  ints[word * 2] = value | 0; // ToInt32 takes the low 32 bits of any safe integer
  ints[word * 2 + 1] = Math.floor(value / HIGH);
}

class Assembler {
  readonly options: AssembleOptions;
  readonly calls: readonly Call[];
  ints: Int32Array;
  bytes: Uint8Array;
  /** End of what is used, in bytes from the base. */
  end = 0;
  readonly recordOfCall: number[] = [];
  readonly callOf: number[] = [];
  readonly labels: Map<string, number> = new Map();
  readonly fds: Map<string, number> = new Map();
  readonly texts: Map<string, number> = new Map();
  readonly memory: Map<string, number> = new Map();
  /** The word that waits for the result of the call with this label. */
  readonly wanted: Map<string, number> = new Map();
  reportAddress = 0;
  sinkAddress = 0;

  constructor(calls: readonly Call[], options: AssembleOptions) {
    this.calls = calls;
    this.options = options;
    this.bytes = new Uint8Array(FIRST_SIZE);
    this.ints = new Int32Array(this.bytes.buffer);
  }

  assemble(): Tape {
    const { calls, options } = this;
    this.layOut();
    this.fill();
    for (let index = 0; index < calls.length; index++) {
      const one = calls[index];
      if (one !== undefined) this.record(one, this.recordOfCall[index] ?? 0);
    }
    this.report();
    for (const [label, word] of this.wanted) this.storeResult(label, word);
    return {
      bytes: this.bytes.subarray(0, this.end),
      base: options.base,
      entry: options.base,
      callOf: this.callOf,
      memory: this.memory,
      labels: this.labels,
    };
  }

  /** Gives every call its records, every label its address, every file its number. */
  layOut(): void {
    const { calls, callOf, fds, labels } = this;
    let nextFd = this.options.fdBase;
    for (let index = 0; index < calls.length; index++) {
      const one = calls[index];
      if (one === undefined) continue;
      this.recordOfCall.push(callOf.length);
      if (one.label !== undefined) {
        if (labels.has(one.label)) throw new RangeError(`label "${one.label}" stands twice`);
        labels.set(one.label, this.recordAddress(callOf.length));
      }
      callOf.push(index);
      if (one.as === undefined) continue;
      callOf.push(index);
      if (!fds.has(one.as)) fds.set(one.as, nextFd++);
    }
    this.reportAddress = this.recordAddress(callOf.length);
    callOf.push(-1, -1);
    if (callOf.length > LIMITS.records) throw new RangeError(`a tape holds ${LIMITS.records} records at most`);
    this.reserve(callOf.length * RECORD_BYTES);
    this.sinkAddress = this.options.base + this.reserve(8);
  }

  /** Every record as one that does nothing special: stores to the sink, has no cases, reports errors, goes on. */
  fill(): void {
    const { ints } = this;
    const template = new Int32Array(HALVES);
    halves(template, WORD.store, this.sinkAddress);
    template[WORD.when1 * 2 + 1] = NEVER_HIGH;
    template[WORD.when2 * 2 + 1] = NEVER_HIGH;
    halves(template, WORD.fail, this.reportAddress);
    const count = this.callOf.length;
    for (let record = 0; record < count; record++) {
      halves(template, WORD.next, this.recordAddress(record + 1));
      ints.set(template, record * HALVES);
    }
  }

  record(one: Call, record: number): void {
    const word = record * WORDS;
    const { name, args, cases } = one;
    if (name === "load") this.put(word, LOAD);
    else this.ints[word * 2] = syscallNumber(this.options.arch, name);
    const { length } = args;
    if (length > 6) throw new RangeError(`${name} has more than six arguments`);
    for (let n = 0; n < length; n++) {
      const arg = args[n];
      // Most arguments are small numbers, whose upper half is 0 as it was.
      if (typeof arg === "number" && arg >= 0 && arg < SMALL) this.ints[(word + 1 + n) * 2] = arg;
      else if (arg !== undefined) this.argument(word + 1 + n, arg, word);
    }
    if (one.save !== undefined) this.put(word + WORD.store, this.value(one.save, word));
    if (cases !== undefined) {
      if (cases.length > 2) throw new RangeError(`${name} has more than two cases`);
      this.case(word + WORD.when1, cases[0], record);
      this.case(word + WORD.when2, cases[1], record);
    }
    const last = one.as === undefined ? record : this.nameFile(one.as, record);
    if (one.fail !== undefined) this.failTo(one.fail, record, last);
    if (one.tag !== undefined) this.tag(one, record, last);
    if (one.then !== undefined) this.put(last * WORDS + WORD.next, this.target(one.then, last));
  }

  failTo(label: string, first: number, last: number): void {
    for (let record = first; record <= last; record++) this.put(record * WORDS + WORD.fail, this.target(label, last));
  }

  tag({ name, args, tag = 0n }: Call, first: number, last: number): void {
    if (args.length > TAG) throw new RangeError(`${name} has no argument to spare for a tag`);
    for (let record = first; record <= last; record++) this.argument(record * WORDS + WORD.a0 + TAG, tag, 0);
  }

  /** The fresh file moves to its planned number: from there on plans can name it, see dup(2). Returns its record. */
  nameFile(file: string, record: number): number {
    const word = record * WORDS;
    const dup = word + WORDS;
    this.put(word + WORD.store, this.address((dup + WORD.a0) * 8));
    this.put(dup, syscallNumber(this.options.arch, "dup3"));
    this.put(dup + WORD.a0 + 1, this.fds.get(file) ?? -1);
    this.put(dup + WORD.a0 + 2, O_CLOEXEC);
    return record + 1;
  }

  /** The last two records: write what a failing record left here, then end. */
  report(): void {
    const { arch, fds, failStatus } = this.options;
    const record = this.callOf.length - 2;
    const word = record * WORDS;
    this.put(word, syscallNumber(arch, "write"));
    this.put(word + 1, fds["report"] ?? -1);
    this.put(word + 2, this.address((word + WORD.failedRecord) * 8));
    this.put(word + 3, REPORT_BYTES);
    this.put(word + WORD.fail, this.recordAddress(record + 1));
    this.put(word + WORD.next, this.recordAddress(record + 1));
    this.put(word + WORDS, syscallNumber(arch, "exit_group"));
    this.put(word + WORDS + 1, failStatus);
    this.put(word + WORDS + WORD.next, this.recordAddress(record + 1));
  }

  case(word: number, one: Case | undefined, record: number): void {
    if (one === undefined) return;
    const { equals } = one;
    if (typeof equals === "string") this.put(word, -errnoNumber(equals));
    else if (typeof equals === "number") this.put(word, equals);
    else this.want(equals.label, word);
    this.put(word + 1, this.target(one.then, record));
  }

  target(label: string, record: number): number {
    if (label === "next") return this.recordAddress(record + 1);
    if (label === "return") return 0;
    if (label === "report") return this.reportAddress;
    const address = this.labels.get(label) ?? this.options.labels?.[label];
    if (address === undefined) throw new RangeError(`no call has the label "${label}"`);
    return address;
  }

  /** `own` is the first word of the record that the argument is for. */
  argument(word: number, arg: Arg, own: number): void {
    if (typeof arg === "bigint") {
      this.ints[word * 2] = Number(BigInt.asIntN(32, arg));
      this.ints[word * 2 + 1] = Number(BigInt.asIntN(32, arg >> 32n));
    } else if (typeof arg === "object" && "kind" in arg && arg.kind === "result") this.want(arg.label, word);
    else this.put(word, this.value(arg, own));
  }

  value(arg: Exclude<Arg, bigint>, own: number): number {
    if (typeof arg === "number") return arg;
    if (typeof arg === "string") return this.options.base + this.text(arg);
    if (arg instanceof Uint8Array) return this.options.base + this.data(arg);
    switch (arg.kind) {
      case "fd":
        return this.fdNumber(arg.name);
      case "memory":
        return this.area(arg.name, arg.size) + arg.at;
      case "strings":
        return this.options.base + this.wordArray([...arg.texts, 0], own);
      case "words":
        return this.options.base + this.wordArray(arg.words, own);
      case "address":
        return this.target(arg.label, 0);
      case "failure":
        return this.address((own + WORD.failedRecord) * 8);
      case "result":
        throw new RangeError("a result can only be an argument of its own");
    }
  }

  fdNumber(name: string): number {
    const number = this.fds.get(name) ?? this.options.fds[name];
    if (number === undefined) throw new RangeError(`no open file is named "${name}"`);
    return number;
  }

  area(name: string, size: number): number {
    const known = this.memory.get(name) ?? this.options.memory?.get(name);
    if (known !== undefined) return known;
    const address = this.options.base + this.reserve(size);
    this.memory.set(name, address);
    return address;
  }

  wordArray(list: readonly Arg[], own: number): number {
    const offset = this.reserve(list.length * 8);
    for (let n = 0; n < list.length; n++) this.argument(offset / 8 + n, list[n] ?? 0, own);
    return offset;
  }

  text(text: string): number {
    const known = this.texts.get(text);
    if (known !== undefined) return known;
    if (text.includes("\0")) throw new RangeError("a text holds a NUL byte");
    // UTF-8 takes three bytes for a UTF-16 unit at most; what isn't needed is given back.
    const offset = this.reserve(text.length * 3 + 1);
    const { written } = encoder.encodeInto(text, this.bytes.subarray(offset));
    this.end = (offset + written + 8) & ~7;
    this.texts.set(text, offset);
    return offset;
  }

  data(bytes: Uint8Array): number {
    const offset = this.reserve(bytes.length);
    this.bytes.set(bytes, offset);
    return offset;
  }

  want(label: string, word: number): void {
    if (this.wanted.has(label)) throw new RangeError(`the result of "${label}" is wanted twice`);
    this.wanted.set(label, word);
  }

  storeResult(label: string, word: number): void {
    const address = this.labels.get(label);
    if (address === undefined) throw new RangeError(`no call has the label "${label}"`);
    const record = (address - this.options.base) / RECORD_BYTES;
    const one = this.calls[this.callOf[record] ?? -1];
    if (one?.as !== undefined || one?.save !== undefined)
      throw new RangeError(`"${label}" already has its result stored`);
    // An errno stored where a later call expects a value would be used as one.
    for (const row of one?.cases ?? []) {
      if (typeof row.equals === "string" && row.then === "next")
        throw new RangeError(`"${label}" tolerates a failure and feeds a later call`);
    }
    this.put(record * WORDS + WORD.store, this.address(word * 8));
  }

  /** Room for `size` bytes, aligned to a word. */
  reserve(size: number): number {
    const offset = this.end;
    this.end = (offset + size + 7) & ~7;
    if (this.end > LIMITS.bytes) throw new RangeError(`a tape holds ${LIMITS.bytes} bytes at most`);
    if (this.end > this.bytes.length) this.grow();
    return offset;
  }

  grow(): void {
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, (this.end + 4095) & ~4095));
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.ints = new Int32Array(bytes.buffer);
  }

  put(word: number, value: number): void {
    halves(this.ints, word, value);
  }

  address(offset: number): number {
    return this.options.base + offset;
  }

  recordAddress(record: number): number {
    return this.options.base + record * RECORD_BYTES;
  }
}
