// What the kernel does with a filter, step by step: see Documentation/networking/filter.rst.
import { SECCOMP_DATA } from "#ffi/uapi/seccomp.ts";
import type { SyscallData } from "./policy.ts";
import { CODE, type Instruction } from "./program.ts";

export interface Interpreted {
  /** What the filter returns, see SECCOMP_RET. */
  readonly ret: number;
  /** How many instructions that took. */
  readonly count: number;
}

/** Runs the program on one call. Throws RangeError where the kernel would not have taken it. */
export function interpret(program: readonly Instruction[], { nr, arch, args }: SyscallData): Interpreted {
  const data = new DataView(new ArrayBuffer(SECCOMP_DATA.size));
  data.setUint32(SECCOMP_DATA.offsets.nr, nr, true);
  data.setUint32(SECCOMP_DATA.offsets.arch, arch, true);
  for (const [n, arg] of args.entries()) data.setBigUint64(SECCOMP_DATA.offsets.args + n * 8, arg, true);
  let a = 0;
  let count = 0;
  for (let at = 0; ; at++) {
    const instruction = program[at];
    if (instruction === undefined) throw new RangeError(`the program runs past its end, to ${at}`);
    const { code, jt, jf, k } = instruction;
    count++;
    switch (code) {
      case CODE.load:
        a = data.getUint32(k, true);
        break;
      case CODE.and:
        a = (a & k) >>> 0;
        break;
      case CODE.jump:
        at += k;
        break;
      case CODE.equal:
        at += a === k ? jt : jf;
        break;
      case CODE.greater:
        at += a > k ? jt : jf;
        break;
      case CODE.notLess:
        at += a >= k ? jt : jf;
        break;
      case CODE.anyBit:
        at += (a & k) !== 0 ? jt : jf;
        break;
      case CODE.ret:
        return { ret: k, count };
      default:
        throw new RangeError(`no filter holds the instruction 0x${code.toString(16)}`);
    }
  }
}
