// A program of classic BPF as the kernel takes it: seccomp(2), linux/filter.h.
import { BPF, SOCK_FILTER } from "#ffi/uapi/seccomp.ts";

/** One instruction: `jt` and `jf` are how many to skip when a comparison is true, and when it is false. */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** KERNEL: BPF_MAXINSNS. */
export const INSTRUCTIONS_MAX = 4096;

/** The codes that filters are made of; the kernel's cache of constant verdicts knows all but the last. */
export const CODE: Readonly<
  Record<"load" | "jump" | "equal" | "greater" | "notLess" | "anyBit" | "and" | "ret", number>
> = {
  load: BPF.LD | BPF.W | BPF.ABS,
  jump: BPF.JMP | BPF.JA,
  equal: BPF.JMP | BPF.JEQ | BPF.K,
  greater: BPF.JMP | BPF.JGT | BPF.K,
  notLess: BPF.JMP | BPF.JGE | BPF.K,
  anyBit: BPF.JMP | BPF.JSET | BPF.K,
  and: BPF.ALU | BPF.AND | BPF.K,
  ret: BPF.RET | BPF.K,
};

/** The bytes for the kernel. */
export function packProgram(program: readonly Instruction[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(program.length * SOCK_FILTER.size);
  for (const [n, { code, jt, jf, k }] of program.entries()) {
    const view = new DataView(bytes.buffer, n * SOCK_FILTER.size);
    view.setUint16(0, code, true);
    view.setUint8(2, jt);
    view.setUint8(3, jf);
    view.setUint32(4, k, true);
  }
  return bytes;
}

/** The instructions in such bytes. */
export function unpackProgram(bytes: Uint8Array): readonly Instruction[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / SOCK_FILTER.size) }, (_, n) => {
    const at = n * SOCK_FILTER.size;
    return {
      code: view.getUint16(at, true),
      jt: view.getUint8(at + 2),
      jf: view.getUint8(at + 3),
      k: view.getUint32(at + 4, true),
    };
  });
}
