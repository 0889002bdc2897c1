// A compiled box → its plan as text: calls from its tapes, steps from what it would say if one of them failed.
import { MACHINE } from "#ffi/runner/elf.ts";
import { BOX_DATA_AT, readBoxData, readBoxNote, readBoxTexts } from "#ffi/runner/box-elf.ts";
import type { PlacedRecords } from "#ffi/runner/tapes.ts";
import { BOX_TEXTS_AT, type BoxTexts } from "#ffi/runner/texts.ts";
import { type Call, call } from "#ffi/tape/call.ts";
import { disassemble, type Disassembled, textAt } from "#ffi/tape/disassemble.ts";
import { RECORD_BYTES } from "#ffi/tape/format.ts";
import type { SyscallName } from "#ffi/uapi/syscalls.ts";
import { NsboxError } from "#src/error.ts";
import { explainCall } from "#src/plan/explain-plan.ts";
import type { Arch } from "#src/spec/facts.ts";
import { type Place, readPlaces } from "./messages.ts";

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
  const [data, texts] = [readBoxData(file, note), readBoxTexts(file, arch, note)];
  if (data === undefined || texts === undefined) throw cutShort();
  const image = new Image(data, texts, arch);
  const command = image.words(note.launchBlock);
  const own = image.calls(note.command, "command");
  // Behind the command's calls stand those that the init makes before its others.
  const behind = own.findIndex(({ process }) => process === "init");
  const end = behind < 0 ? own.length : behind;
  return {
    arch,
    bytes: file.length,
    command: note.init.count > 0 ? command.slice(1) : command,
    calls: [
      ...image.calls(note.launch, "launcher"),
      ...own.slice(end),
      ...image.calls(note.init, "init"),
      ...own.slice(0, end),
      ...image.calls(note.waiting, "launcher"),
      ...image.calls(note.saying, "launcher"),
    ],
  };
}

function cutShort(): NsboxError {
  return new NsboxError("ESPEC", "Cannot show the box: its file is cut short");
}

/** Bytes at their address. */
interface Part {
  readonly bytes: Uint8Array;
  readonly base: number;
}

/** The box's memory at its start, by address. */
class Image {
  readonly #parts: readonly Part[];
  readonly #places: ReadonlyMap<number, Place>;
  readonly #arch: Arch;

  constructor(data: Uint8Array, texts: BoxTexts, arch: Arch) {
    this.#parts = [
      { bytes: data, base: BOX_DATA_AT },
      { bytes: texts.bytes, base: BOX_TEXTS_AT },
    ];
    this.#places = readPlaces(texts);
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
    const bytes = this.#bytes(at, count * RECORD_BYTES);
    if (bytes === undefined) throw cutShort();
    return disassemble({ bytes, base: at }, count, this.#arch).map((record, n) => {
      const place = at === BOX_TEXTS_AT ? SAYING : this.#place(at + n * RECORD_BYTES);
      return { process, ...place, call: explainCall(this.#call(record, place.step !== "")) };
    });
  }

  /** The process and the step, out of what is said when it fails. */
  #place(record: number): { readonly process?: string; readonly step: string } {
    const place = this.#places.get(record);
    if (place === undefined) return { step: "" };
    const process = /step {2}(\w+) /.exec(place.tail)?.[1];
    return {
      ...(process === undefined ? {} : { process }),
      step: place.text.replace(/[: ]+$/, ""),
    };
  }

  #call({ name, args, cases }: Disassembled, tagged: boolean): Call {
    const given = tagged ? args.slice(0, 5) : args;
    const last = given.findLastIndex((arg) => arg !== 0n);
    const shown = given.slice(0, last + 1).map((arg) => {
      const number = Number(arg);
      const isAddress = this.#bytes(number, 1) !== undefined;
      const text = isAddress && !WITHOUT_TEXTS.includes(name) ? this.#text(number) : undefined;
      return text ?? (isAddress || !Number.isSafeInteger(number) ? BigInt.asUintN(64, arg) : number);
    });
    const known = name as SyscallName; // what a tape's numbers name, or "syscall N", which has no decoder
    return { ...call(known, shown), cases: cases.map(({ equals }) => ({ equals: Number(equals), then: "next" })) };
  }

  /** The text at an address, or undefined where there is none. */
  #text(address: number): string | undefined {
    const part = this.#partAt(address);
    if (part === undefined) return undefined;
    const text = textAt(part, address);
    return text !== "" && !UNPRINTABLE.test(text) ? text : undefined;
  }

  #word(address: number): number {
    const word = this.#bytes(address, 8);
    return word === undefined ? 0 : Number(new DataView(word.buffer, word.byteOffset).getBigUint64(0, true));
  }

  #partAt(address: number): Part | undefined {
    return this.#parts.find(({ bytes, base }) => address >= base && address < base + bytes.length);
  }

  #bytes(address: number, length: number): Uint8Array | undefined {
    const part = this.#partAt(address);
    const offset = address - (part?.base ?? 0);
    return part === undefined || offset + length > part.bytes.length
      ? undefined
      : part.bytes.subarray(offset, offset + length);
  }
}

/** Nobody says it where this fails. */
const SAYING = { step: "say it" } as const;

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
