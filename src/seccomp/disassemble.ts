// BPF → text, with labels where jumps go and the names of calls and arguments.
import { AUDIT_ARCH, SECCOMP_DATA } from "#ffi/uapi/seccomp.ts";
import { syscallName } from "#ffi/uapi/syscalls.ts";
import { explainReturn } from "./actions.ts";
import type { Arch } from "./policy.ts";
import { CODE, type Instruction } from "./program.ts";

const MNEMONICS: Readonly<Record<number, string>> = {
  [CODE.equal]: "==",
  [CODE.greater]: ">",
  [CODE.notLess]: ">=",
  [CODE.anyBit]: "has a bit of",
};

/** What A holds, as far as the text can tell. */
type Loaded = "nr" | "arch" | "argument";

/** The program, a line for each instruction. */
export function disassembleProgram(program: readonly Instruction[], arch: Arch): string {
  const labels = nameTargets(program);
  const target = (at: number): string => labels.get(at) ?? String(at);
  const loaded: Map<number, Loaded> = new Map([[0, "nr"]]);
  const lines = program.map((instruction, at) => {
    const { code, jt, jf, k } = instruction;
    const known = loaded.get(at) ?? "nr";
    const after = code === CODE.load ? kindOf(k) : known;
    const next = code === CODE.jump ? [at + 1 + k] : code in MNEMONICS ? [at + 1 + jt, at + 1 + jf] : [at + 1];
    if (code !== CODE.ret) for (const to of next) loaded.set(to, after);
    const text = explainInstruction(instruction, known, arch, (skip) => target(at + 1 + skip));
    const label = labels.get(at);
    const margin = label === undefined ? "" : `${label}:`;
    return `${margin.padEnd(6)}${String(at).padStart(4)}  ${text}`;
  });
  return `${lines.join("\n")}\n`;
}

/** Labels for what is jumped to over at least one instruction. */
function nameTargets(program: readonly Instruction[]): ReadonlyMap<number, string> {
  const targets = new Set<number>();
  for (const [at, { code, jt, jf, k }] of program.entries()) {
    const skips = code === CODE.jump ? [k] : code in MNEMONICS ? [jt, jf] : [];
    for (const skip of skips) if (skip > 0) targets.add(at + 1 + skip);
  }
  return new Map([...targets].toSorted((a, b) => a - b).map((at, n) => [at, `L${n + 1}`]));
}

function kindOf(offset: number): Loaded {
  if (offset === SECCOMP_DATA.offsets.nr) return "nr";
  return offset === SECCOMP_DATA.offsets.arch ? "arch" : "argument";
}

function explainInstruction(
  { code, jt, jf, k }: Instruction,
  known: Loaded,
  arch: Arch,
  target: (skip: number) => string,
): string {
  const mnemonic = MNEMONICS[code];
  if (mnemonic !== undefined) {
    const [yes, no] = [jt === 0 ? "" : ` goto ${target(jt)}`, jf === 0 ? "" : ` else goto ${target(jf)}`];
    return `if A ${mnemonic} ${explainNumber(k, known, arch)}${yes === "" ? " then go on" : yes}${no}`;
  }
  switch (code) {
    case CODE.load:
      return `A = ${explainOffset(k)}`;
    case CODE.and:
      return `A &= 0x${k.toString(16)}`;
    case CODE.jump:
      return `goto ${target(k)}`;
    case CODE.ret:
      return `return ${explainReturn(k)}`;
    default:
      return `unknown instruction 0x${code.toString(16)}`;
  }
}

const ARCHES = new Map<number, string>(Object.entries(AUDIT_ARCH).map(([name, value]) => [value, name]));

function explainNumber(k: number, known: Loaded, arch: Arch): string {
  if (known === "arch") return ARCHES.get(k) ?? `0x${k.toString(16)}`;
  if (known === "argument") return `0x${k.toString(16)}`;
  const name = syscallName(arch, k);
  return name === undefined ? `0x${k.toString(16)}` : `${k} (${name})`;
}

function explainOffset(offset: number): string {
  if (offset === SECCOMP_DATA.offsets.nr) return "the call's number";
  if (offset === SECCOMP_DATA.offsets.arch) return "the call's arch";
  const at = offset - SECCOMP_DATA.offsets.args;
  return at < 0 ? `word at ${offset}` : `arg ${at >> 3}, ${at % 8 === 0 ? "low" : "high"} half`;
}
