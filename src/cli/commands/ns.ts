// `nsbox ns pin|ls|rm`.
import { emptyNsDraft, NS_OPTIONS, NS_OUTPUT_OPTIONS, type NsDraft } from "#src/cli/ns-options.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { findPin } from "#src/cli/pin-names.ts";
import { emptyDraft } from "#src/cli/run-draft.ts";
import { nearest } from "#src/spec/suggest.ts";
import { NsboxError } from "#src/error.ts";
import { holdSignals } from "#src/host/hold-signals.ts";
import { printOut } from "#src/host/print.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { explainHolder, explainPins, type PinView, viewPin } from "#src/pin/explain-pins.ts";
import { makePin } from "#src/pin/make-pin.ts";
import { type Pin, pinPath, readPins } from "#src/pin/pin-store.ts";
import { isPrivileged } from "#src/pin/privilege.ts";
import { removePins } from "#src/pin/remove-pin.ts";
import { parsePinName } from "#src/spec/grammar/parse-namespace.ts";
import type { PinSpec } from "#src/spec/pin.ts";
import { NAMESPACE_TYPES, type NamespaceType } from "#src/spec/spec.ts";

type Verb = (argv: readonly string[]) => void;

const VERBS: Readonly<Record<string, Verb>> = { pin, ls, rm };

/** Makes, lists or lets go of namespaces that have a name. Throws NsboxError. */
export async function nsCommand(argv: readonly string[]): Promise<number> {
  const [word = "", ...rest] = argv;
  const verb = Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
  if (verb === undefined) throw unknownVerb(word);
  verb(rest);
  return 0;
}

function unknownVerb(word: string): NsboxError {
  const near = nearest(word, Object.keys(VERBS));
  const message =
    word === "" ? "Cannot do nothing: ns takes a verb" : `Cannot do ns ${JSON.stringify(word)}: no such verb`;
  return new NsboxError("EUSAGE", message, {
    hint:
      near === undefined || word === ""
        ? "write nsbox ns pin, nsbox ns ls or nsbox ns rm"
        : `did you mean nsbox ns ${near}?`,
  });
}

function pin(argv: readonly string[]): void {
  const draft = emptyNsDraft();
  const { words } = parseOptions(NS_OPTIONS, draft, argv, { command: "ns pin", stopAtWord: false });
  const [name, ...more] = words;
  if (name === undefined || more.length > 0) {
    const state = name === undefined ? "no name is given" : `${JSON.stringify(more[0])} is a second name`;
    throw new NsboxError("EUSAGE", `Cannot pin: ${state}`, { hint: "write for example nsbox ns pin web --net --uts" });
  }
  holdSignals();
  const facts = readFacts(emptyDraft());
  const spec = pinSpec(parsePinName(name), draft);
  const record = makePin(spec, facts);
  const made: Pin = { name, record, broken: undefined };
  if (draft.json) return printJson(view(made));
  printOut(`pinned ${name}: ${spec.types.join(" ")}, held by ${explainHolder(record.holder)}\n`);
}

/** All that was asked for. Throws NsboxError EUSAGE. */
function pinSpec(name: string, draft: NsDraft): PinSpec {
  const { hostname, domainname, boottimeSeconds, monotonicSeconds } = draft;
  if (draft.types.length === 0) {
    throw new NsboxError("EUSAGE", `Cannot pin ${JSON.stringify(name)}: no namespace is asked for`, {
      hint: "say which, for example --net --uts; nsbox ns --help lists them",
    });
  }
  needs(draft, "uts", { "--hostname": hostname, "--domainname": domainname });
  needs(draft, "time", { "--boottime": boottimeSeconds, "--monotonic": monotonicSeconds });
  // KERNEL: without privilege the others are made only together with a user namespace; see user_namespaces(7).
  const wanted = isPrivileged() ? draft.types : [...draft.types, "user"];
  const types = NAMESPACE_TYPES.filter((type) => wanted.includes(type));
  const timeOffsets = { monotonic: monotonicSeconds ?? 0, boottime: boottimeSeconds ?? 0 };
  return { name, types, hostname, domainname, timeOffsets };
}

function needs({ types }: NsDraft, type: NamespaceType, flags: Readonly<Record<string, unknown>>): void {
  const [flag] = Object.entries(flags).find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined || types.includes(type)) return;
  throw new NsboxError("EUSAGE", `Cannot use ${flag}: it is set in a ${type} namespace, and none is asked for`, {
    hint: `add --${type}`,
  });
}

function ls(argv: readonly string[]): void {
  const draft = emptyNsDraft();
  const { words } = parseOptions(NS_OUTPUT_OPTIONS, draft, argv, { command: "ns ls", stopAtWord: false });
  const all = readPins();
  const pins = words.length === 0 ? all : words.map((name) => findPin(all, name));
  if (draft.json) printJson(pins.map(view));
  else printOut(explainPins(pins));
}

function rm(argv: readonly string[]): void {
  const draft = emptyNsDraft();
  const { words } = parseOptions(NS_OUTPUT_OPTIONS, draft, argv, { command: "ns rm", stopAtWord: false });
  if (words.length === 0) {
    throw new NsboxError("EUSAGE", "Cannot let go: no name is given", { hint: "nsbox ns ls lists the names" });
  }
  const pins = readPins();
  for (const name of words) findPin(pins, name);
  removePins(words);
  if (draft.json) printJson({ removed: [...new Set(words)] });
}

function view(one: Pin): PinView {
  return viewPin(one, (holder, type) => pinPath({ name: one.name, holder }, type));
}

function printJson(value: unknown): void {
  printOut(`${JSON.stringify(value, null, 2)}\n`);
}
