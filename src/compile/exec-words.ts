// Who of a tape executes something: argv and envp come from the start, which writes them into the records, see start.ts.
import type { StartBlock } from "#ffi/runner/start.ts";
import type { Tape } from "#ffi/tape/assemble.ts";
import type { Call } from "#ffi/tape/call.ts";
import { RECORD_BYTES, WORD } from "#ffi/tape/format.ts";
import { type Ready, START_ANEW } from "./start-anew.ts";

/** Which arguments of what executes something are argv and envp. */
const WORDS_OF: Readonly<Record<string, { readonly argv: number; readonly envp: number }>> = {
  execve: { argv: 1, envp: 2 },
  execveat: { argv: 2, envp: 3 },
};

/** Whatever is executed, argv and envp come from the start. */
export function withoutWords(one: Call): Call {
  const words = WORDS_OF[one.name];
  if (words === undefined) return one;
  return { ...one, args: one.args.map((arg, n) => (n === words.argv || n === words.envp ? 0 : arg)) };
}

type TakingWords = Pick<StartBlock, "argvWords" | "envpWords" | "argvFrom" | "wholeArgvWords" | "wholeEnvpWords">;

/** The words of a tape's records that take argv and envp. */
export function execWords({ base, callOf }: Tape, calls: readonly Call[], ready?: Ready): TakingWords {
  const found = callOf.flatMap((index, record) => {
    const one = calls[index];
    const words = WORDS_OF[one?.name ?? ""];
    const at = base + record * RECORD_BYTES + WORD.a0 * 8;
    return words === undefined
      ? []
      : [{ argv: at + words.argv * 8, envp: at + words.envp * 8, whole: one?.label === START_ANEW }];
  });
  const [parts, wholes] = [found.filter(({ whole }) => !whole), found.filter(({ whole }) => whole)];
  return {
    argvWords: parts.map(({ argv }) => argv),
    envpWords: parts.map(({ envp }) => envp),
    argvFrom: ready?.commandAt ?? 0,
    wholeArgvWords: wholes.map(({ argv }) => argv),
    wholeEnvpWords: wholes.map(({ envp }) => envp),
  };
}
