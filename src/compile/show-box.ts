// A compiled box → its plan as text: calls from its tapes, steps from what it would say if one of them failed.
import { DATA_BASE, CODE_BASE, MACHINE } from "#ffi/runner/elf.ts";
import { boxLayout, type PlacedRecords, readBoxNote } from "#ffi/runner/box-elf.ts";
import { type Call, call } from "#ffi/tape/call.ts";
import { disassemble, type Disassembled, textAt } from "#ffi/tape/disassemble.ts";
import { RECORD_BYTES } from "#ffi/tape/format.ts";
import type { SyscallName } from "#ffi/uapi/syscalls.ts";
import { NsboxError } from "#src/error.ts";
import { explainCall } from "#src/plan/explain-plan.ts";
import type { Arch } from "#src/spec/facts.ts";
import { PLACE } from "./messages.ts";

/** One call of a box; `step` is empty where it belongs to none. */
export interface ShownCall {
  readonly process: string;
  readonly step: string;
  readonly call: string;
}

export interface ShownBox {
  readonly arch: Arch;
  readonly bytes: number;
  readonly command: readonly string[];
  readonly calls: readonly ShownCall[];
}

/** Reads a box back. Throws NsboxError where the file is none. */
export function showBox(file: Uint8Array, name: string): ShownBox {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isElf = file.length > 64 && view.getUint32(0, false) === 0x7f454c46; // "\x7fELF"
  const machine = isElf ? view.getUint16(18, true) : 0;
  const arch = machine === MACHINE.x64 ? "x64" : machine === MACHINE.arm64 ? "arm64" : undefined;
  const note = arch === undefined ? undefined : readBoxNote(file, arch);
  if (arch === undefined || note === undefined) {
    throw new NsboxError("ESPEC", `Cannot show ${JSON.stringify(name)}: it is not a box that this nsbox has compiled`, {
      hint: "give a file that nsbox compile has written",
    });
  }
  const image = new Image(file, arch);
  const tapes = [["launcher", note.launch] as const, ["init", note.init] as const, ["command", note.command] as const];
  const command = image.words(note.launchBlock);
  return {
    arch,
    bytes: file.length,
    command: note.init.count > 0 ? command.slice(1) : command,
    calls: tapes.flatMap(([process, tape]) => image.calls(tape, process)),
  };
}

const PLACE_BYTES = 40;
const PREFIX = "nsbox: Cannot ";

/** The box's file, by address. */
class Image {
  readonly #file: Uint8Array;
  readonly #view: DataView;
  readonly #arch: Arch;

  constructor(file: Uint8Array, arch: Arch) {
    this.#file = file;
    this.#view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    this.#arch = arch;
  }

  /** The texts of a start block, first first. */
  words(block: number): readonly string[] {
    const texts: string[] = [];
    for (let at = block; ; at += 8) {
      const address = this.#word(at);
      if (address === 0) return texts.reverse();
      texts.push(this.#text(address) ?? "");
    }
  }

  /** The calls of a tape that begins as this process. */
  calls({ at, count }: PlacedRecords, process: string): readonly ShownCall[] {
    if (count === 0) return [];
    const offset = this.#offset(at, count * RECORD_BYTES);
    if (offset === undefined) throw new NsboxError("ESPEC", "Cannot show the box: its file is cut short");
    const bytes = this.#file.subarray(offset, offset + count * RECORD_BYTES);
    return disassemble({ bytes, base: at }, count, this.#arch).map((record) => {
      const tag = BigInt.asUintN(64, record.args[5] ?? 0n);
      const place = this.#place(Number(tag & 0xffff_ffffn));
      return { process, ...place, call: explainCall(this.#call(record, place.step !== "")) };
    });
  }

  /** The process and the step, out of what is said when it fails. */
  #place(at: number): { readonly process?: string; readonly step: string } {
    if (this.#offset(at, PLACE_BYTES) === undefined) return { step: "" };
    const text = (offset: number): string => this.#string(this.#word(at + offset), this.#word(at + offset + 8));
    const process = /step {2}(\w+) /.exec(text(PLACE.tail))?.[1];
    return {
      ...(process === undefined ? {} : { process }),
      step: text(PLACE.text)
        .slice(PREFIX.length)
        .replace(/[: ]+$/, ""),
    };
  }

  #call({ name, args, cases }: Disassembled, tagged: boolean): Call {
    const given = tagged ? args.slice(0, 5) : args;
    const last = given.findLastIndex((arg) => arg !== 0n);
    const shown = given.slice(0, last + 1).map((arg) => {
      const number = Number(arg);
      const isAddress = this.#offset(number, 1) !== undefined;
      const text = isAddress && !WITHOUT_TEXTS.includes(name) ? this.#text(number) : undefined;
      return text ?? (isAddress || !Number.isSafeInteger(number) ? BigInt.asUintN(64, arg) : number);
    });
    const known = name as SyscallName; // what a tape's numbers name, or "syscall N", which has no decoder
    return { ...call(known, shown), cases: cases.map(({ equals }) => ({ equals: Number(equals), then: "next" })) };
  }

  /** The text at an address, or undefined where there is none. */
  #text(address: number): string | undefined {
    if (this.#offset(address, 1) === undefined) return undefined;
    const base = address < DATA_BASE ? CODE_BASE : DATA_BASE;
    const text = textAt({ bytes: this.#file, base }, address);
    return text !== "" && !UNPRINTABLE.test(text) ? text : undefined;
  }

  #string(address: number, length: number): string {
    const offset = this.#offset(address, length);
    return offset === undefined ? "" : new TextDecoder().decode(this.#file.subarray(offset, offset + length));
  }

  #word(address: number): number {
    const offset = this.#offset(address, 8);
    return offset === undefined ? 0 : Number(this.#view.getBigUint64(offset, true));
  }

  /** Both parts lie as far behind their base as in the file. */
  #offset(address: number, bytes: number): number | undefined {
    const offset = address - (address < DATA_BASE ? CODE_BASE : DATA_BASE);
    return offset >= boxLayout(this.#arch).noteOffset && offset + bytes <= this.#file.length ? offset : undefined;
  }
}

/** Calls whose addresses are never those of texts. */
const WITHOUT_TEXTS: readonly string[] = ["load", "pwrite64", "writev", "rt_sigprocmask", "rt_sigaction", "prlimit64"];

/** Control characters, and what is not UTF-8. */
const UNPRINTABLE = /[^\P{C}\n]|\uFFFD/u;

/** As text: each process, each step, each call. */
export function explainBox({ arch, bytes, command, calls }: ShownBox): string {
  const lines = [`a compiled box for ${arch}, ${bytes} bytes`, `runs ${JSON.stringify(command)} and its own arguments`];
  let [process, step] = ["", ""];
  for (const shown of calls) {
    if (shown.step !== "" && shown.process !== process) {
      process = shown.process;
      lines.push("", `${process}:`);
    }
    if (shown.step !== "" && shown.step !== step) {
      step = shown.step;
      lines.push(`  ${step}`);
    }
    lines.push(`      ${shown.call}`);
  }
  return `${lines.join("\n")}\n`;
}
