// A compiled box that a program keeps in memory and starts: it tells the program its PID and the failures as they are,
// and lives no longer than the program. A tag is a number: what its record is about stands in a table of the program's.
import { PR } from "#ffi/uapi/prctl.ts";
import type { PlacedRecords } from "#ffi/runner/tapes.ts";
import { type Call, call, fd, memory } from "#ffi/tape/call.ts";
import { RECORD_BYTES, WORD } from "#ffi/tape/format.ts";
import type { LoweredTape, Origin } from "#src/plan/lower-plan.ts";
import { BOX_PID } from "#src/plan/steps/launch.ts";
import { REPORT, REPORT_BYTES, REPORTS } from "./report-calls.ts";
import type { CallTagger } from "./tags.ts";

/** The program. */
export interface Caller {
  /** Its PID: no other may be the parent. */
  readonly pid: number;
  /** Numbers of open files by the names that the plan has for them; CALLER's must be among them. */
  readonly files: Readonly<Record<string, number>>;
  /** Tests: break one record of a tape, to see what a failing kernel would do. */
  readonly breakRecord?: { readonly tape: "launch" | "init" | "command"; readonly record: number };
}

/** The file that PID and failures are written to. */
export const CALLER = "caller";
/** What is written first: the PID of the box's first process, if it came to life. */
export const PID_BYTES = 8;
const MISSED = 125;

/** Goes on only if the program is there: it may have ended before the parent-death signal was asked for. */
export function callerCalls({ pid }: Caller): readonly Call[] {
  return [
    call("prctl", [PR.SET_NAME, "nsbox"]),
    call("getppid", [], { cases: [{ equals: pid, then: "begun" }] }),
    call("exit_group", [MISSED]),
    call("getpid", [], { label: "begun" }),
  ];
}

/** From REPORTS on: the PID, then each report as it comes, until nobody can write one any more. */
export function forwardCalls(running: string): readonly Call[] {
  return [
    call("write", [fd(CALLER), memory(BOX_PID, PID_BYTES), PID_BYTES], { label: REPORTS, fail: "next" }),
    call("read", [fd("report-reader"), REPORT, REPORT_BYTES], {
      label: "next report",
      cases: [{ equals: 0, then: running }],
    }),
    call("write", [fd(CALLER), REPORT, REPORT_BYTES], { then: "next report", fail: "next report" }),
  ];
}

/** What a record is about. */
export interface RecordFacts {
  /** undefined: it is the launcher's own, and `what` says what it is there for. */
  readonly origin: Origin | undefined;
  readonly what: string;
  readonly kind: string | undefined;
  readonly syscall: string;
  readonly operand: string | undefined;
}

/** Numbers calls, and keeps what each is about. */
export class FailureTable implements CallTagger {
  readonly #rows: RecordFacts[] = [];
  readonly #known: Map<string, number> = new Map();
  readonly #records: Map<number, RecordFacts> = new Map();

  frame(calls: readonly Call[], what: string, kind?: string): readonly Call[] {
    return calls.map((one) => this.#tag(one, { origin: undefined, what, kind }));
  }

  steps({ calls, origins }: LoweredTape): readonly Call[] {
    const what = "start the box";
    return calls.map((one, n) => this.#tag(one, { origin: origins[n], what, kind: undefined }));
  }

  #tag(one: Call, about: Pick<RecordFacts, "origin" | "what" | "kind">): Call {
    // A load can't fail, and what ends the process doesn't come back.
    if (one.name === "load" || one.name === "exit_group" || one.tag !== undefined) return one;
    const operand = one.args.find((arg) => typeof arg === "string" && arg !== "");
    const row = { ...about, syscall: one.name, operand: typeof operand === "string" ? operand : undefined };
    const key = JSON.stringify(row);
    let number = this.#known.get(key);
    if (number === undefined) {
      number = this.#rows.push(row);
      this.#known.set(key, number);
    }
    return { ...one, tag: BigInt(number) };
  }

  placed(memory: Uint8Array, base: number, tapes: readonly PlacedRecords[]): void {
    const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    for (const { at, count } of tapes) {
      for (let record = at; record < at + count * RECORD_BYTES; record += RECORD_BYTES) {
        const tag = view.getBigUint64(record - base + (WORD.a0 + TAG_ARGUMENT) * 8, true);
        const row = this.#rows[Number(tag) - 1];
        if (row !== undefined) this.#records.set(record, row);
      }
    }
  }

  /** What the record at an address is about; undefined where none lies there that can fail. */
  find(record: number): RecordFacts | undefined {
    return this.#records.get(record);
  }
}

const TAG_ARGUMENT = 5;
