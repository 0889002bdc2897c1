// `nsbox seccomp check` and `nsbox seccomp dump`.
import { parseOptions } from "#src/cli/parse.ts";
import { emptyDraft } from "#src/cli/run-draft.ts";
import { loadFilter, type LoadedFilter } from "#src/cli/seccomp-file.ts";
import { SECCOMP_OPTIONS, type SeccompDraft } from "#src/cli/seccomp-options.ts";
import { nearest } from "#src/spec/suggest.ts";
import { NsboxError } from "#src/error.ts";
import { printOut } from "#src/host/print.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { disassembleProgram } from "#src/seccomp/disassemble.ts";
import { answerText, callNames, callNumber, explainCall } from "#src/seccomp/explain-call.ts";
import { buildCapabilities } from "#src/spec/build-capabilities.ts";

const HINT = "write for example nsbox seccomp check default mount, or nsbox seccomp dump default";
const ARGUMENTS_MAX = 6;

/** Prints what a profile decides, or the program it comes to. Throws NsboxError. */
export async function seccompCommand(argv: readonly string[]): Promise<number> {
  const draft: SeccompDraft = { arch: undefined, caps: undefined, nested: false, json: false };
  const { words } = parseOptions(SECCOMP_OPTIONS, draft, argv, { command: "seccomp", stopAtWord: false });
  const [what, profile, ...rest] = words;
  if (what === undefined) throw usage("nothing is asked for");
  if (what !== "check" && what !== "dump") throw usage(`${JSON.stringify(what)} is neither check nor dump`);
  if (profile === undefined) throw usage(`no profile is given to ${what}`);
  const filter = filterFor(profile, draft);
  printOut(what === "check" ? check(filter, rest, draft) : dump(filter, rest, draft));
  return 0;
}

function usage(what: string, hint: string = HINT): NsboxError {
  return new NsboxError("EUSAGE", `Cannot look at a seccomp profile: ${what}`, { hint });
}

/** The filter of a box with these capabilities. */
function filterFor(profile: string, { arch, caps, nested }: SeccompDraft): LoadedFilter {
  const facts = readFacts(emptyDraft());
  const options = { ...emptyDraft(), ...(caps === undefined ? {} : { capAdd: caps, capDrop: ["ALL"] }) };
  const { bounding } = buildCapabilities(0, options);
  return loadFilter(profile, { arch: arch ?? facts.arch, kernel: facts.kernel, caps: bounding }, nested);
}

function check(filter: LoadedFilter, words: readonly string[], { json }: SeccompDraft): string {
  const [name, ...rest] = words;
  if (name === undefined) throw usage("no system call is given to check");
  if (rest.length > ARGUMENTS_MAX) throw usage(`a system call has ${ARGUMENTS_MAX} arguments at most`);
  const { arch } = filter.policy;
  const nr = callNumber(arch, name);
  if (nr === undefined) {
    const near = nearest(name, callNames(arch));
    const hint = near === undefined ? "nsbox does not know it: give its number" : `did you mean ${near}?`;
    throw usage(`${arch} has no system call ${JSON.stringify(name)}`, hint);
  }
  const answer = explainCall(filter.policy, filter.program, filter.held, { nr, args: rest.map(parseWord) });
  return json ? `${JSON.stringify(answer, null, 2)}\n` : answerText(answer);
}

const WORD_END = 2n ** 64n;

function parseWord(word: string): bigint {
  // A negative number is what C makes of it: the word with all high bits set. It comes behind "--".
  const value = /^-?(?:\d{1,20}|0x[0-9a-f]{1,16})$/i.test(word)
    ? BigInt(word.replace("-", "")) * (word.startsWith("-") ? -1n : 1n)
    : undefined;
  if (value !== undefined && value < WORD_END && value >= -WORD_END / 2n) return BigInt.asUintN(64, value);
  throw usage(`the argument ${JSON.stringify(word)} is not a number of 64 bits`, "write for example 40 or 0x28");
}

function dump(filter: LoadedFilter, words: readonly string[], { json }: SeccompDraft): string {
  if (words.length > 0) throw usage(`dump does not take ${JSON.stringify(words[0])}`);
  const { program, policy, name } = filter;
  if (json) return `${JSON.stringify({ profile: name, arch: policy.arch, instructions: program }, null, 2)}\n`;
  const head = `# ${JSON.stringify(name)} on ${policy.arch}: ${program.length} instructions\n`;
  return `${head}${disassembleProgram(program, policy.arch)}`;
}
