// What a profile decides about one call, for people and as data.
import { syscallName, syscallTable } from "#ffi/uapi/syscalls.ts";
import { explainReturn } from "./actions.ts";
import { NATIVE } from "./compile.ts";
import { interpret } from "./interpret.ts";
import { type Arch, type Condition, decide, lifted, type Policy, type Verdict, WORD_MAX } from "./policy.ts";
import type { Instruction } from "./program.ts";

/** A call that somebody asks about. */
export interface AskedCall {
  readonly nr: number;
  readonly args: readonly bigint[];
}

/** What becomes of it. */
export interface CallAnswer {
  readonly syscall: string;
  readonly nr: number;
  readonly args: readonly string[];
  /** What the filter returns, in words and as the number. */
  readonly decision: string;
  readonly ret: number;
  readonly why: string;
  /** Who holds one of these may make the call. */
  readonly liftedBy: readonly string[];
  /** How many instructions the filter takes for it. */
  readonly instructions: number;
  /** Where arguments matter: each rule in words, in the order in which they are looked at. */
  readonly rules: readonly string[];
}

/** The number of a call by its name, or of one given as a number. */
export function callNumber(arch: Arch, word: string): number | undefined {
  const table = syscallTable(arch);
  if (Object.hasOwn(table, word)) return table[word];
  const value = /^(?:\d{1,10}|0x[0-9a-f]{1,8})$/i.test(word) ? Number(word) : -1;
  return value >= 0 && value <= 0xffff_ffff ? value : undefined;
}

/** The names of all calls of a machine. */
export function callNames(arch: Arch): readonly string[] {
  return Object.keys(syscallTable(arch));
}

/** What the program says, and why the policy has it so. */
export function explainCall(
  policy: Policy,
  program: readonly Instruction[],
  held: readonly string[],
  { nr, args }: AskedCall,
): CallAnswer {
  const { ret, count } = interpret(program, { nr, arch: NATIVE[policy.arch], args });
  const { verdict, why } = decide(policy, nr, args);
  const call = policy.calls.get(nr);
  const rules = call?.rules ?? [];
  const words = (one: Verdict): string => explainReturn(lifted(one, held));
  return {
    syscall: syscallName(policy.arch, nr) ?? String(nr),
    nr,
    args: args.map((arg) => `0x${arg.toString(16)}`),
    decision: explainReturn(ret),
    ret,
    why,
    liftedBy: lifted(verdict, held) === verdict.ret ? verdict.liftedBy : [],
    instructions: count,
    rules:
      call === undefined || rules.length === 0
        ? []
        : [
            ...rules.map(({ when, verdict: one }) => `${words(one)}: ${when.map(explainCondition).join(" and ")}`),
            `${words(call.otherwise)}: otherwise`,
          ],
  };
}

const SIGNS = { EQ: "==", NE: "!=", LT: "<", LE: "<=", GT: ">", GE: ">=" } as const;

const LOW = 0xffff_ffffn;

/** "arg 0 & 0xff == 0x1". */
export function explainCondition({ arg, operator, mask, value }: Condition): string {
  const masked = mask === WORD_MAX ? "" : mask === LOW ? " (32 bits)" : ` & 0x${mask.toString(16)}`;
  return `arg ${arg}${masked} ${SIGNS[operator]} 0x${value.toString(16)}`;
}

/** The answer as lines for a terminal. */
export function answerText(answer: CallAnswer): string {
  const { syscall, nr, args, decision, why, liftedBy, instructions, rules } = answer;
  const asked = args.length > 0 || rules.length === 0;
  const lines = [
    asked
      ? `${syscall}(${args.join(", ")})  ${decision}`
      : `${syscall}  depends on its arguments; if all are 0: ${decision}`,
    ...wrap(why).map((line, n) => `  ${n === 0 ? "why  " : "     "} ${line}`),
    ...(liftedBy.length === 0 ? [] : [`  with  ${liftedBy.map(flagOf).join(" or ")} it is allowed`]),
    ...rules.map((rule, n) => `  ${n === 0 ? "rules" : "     "} ${rule}`),
    `  cost  ${instructions} instructions; the call is number ${nr}`,
  ];
  return `${lines.join("\n")}\n`;
}

function flagOf(name: string): string {
  return name === "nested" ? "--nested" : `--cap-add ${name.replace("CAP_", "")}`;
}

const WIDTH = 88;

function wrap(text: string): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}
