// --config: the flags of `run` as keys of a file. What is said on the command line wins.
import { NsboxError } from "#src/error.ts";
import { readConfigFile } from "#src/host/read-config-file.ts";
import { emptyDraft, type RunDraft } from "./run-draft.ts";
import { RUN_OPTIONS } from "./run-options.ts";
import { nearest } from "#src/spec/suggest.ts";

/** The key that holds the command. */
const COMMAND = "command";
/** A file does not name another, and what is printed is the caller's affair. */
const LEFT_OUT: readonly string[] = ["config", "dry-run", "json"];

/** Octal: the parsers make 23 of TOML's and YAML's 0o27, and 27 of YAML's 027. */
const TEXT_ONLY: readonly string[] = ["umask"];

const OPTIONS = RUN_OPTIONS.filter((row) => !LEFT_OUT.includes(row.name));

/** What the file says. Throws NsboxError EUSAGE with file, line and key. */
export function loadConfig(path: string): RunDraft {
  const { text, value } = readConfigFile(path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new NsboxError("EUSAGE", `Cannot use --config ${JSON.stringify(path)}: it does not hold keys`, {
      hint: 'write for example {"hostname": "alpha"}',
    });
  }
  const draft = emptyDraft();
  for (const [key, given] of Object.entries(value)) {
    try {
      applyKey(draft, key, given);
    } catch (error) {
      if (!(error instanceof NsboxError)) throw error;
      const place = `${JSON.stringify(path)}: line ${lineOf(text, key)}, key ${JSON.stringify(key)}`;
      throw new NsboxError("EUSAGE", `Cannot use ${place}: ${error.message}`, { hint: error.hint, cause: error });
    }
  }
  return draft;
}

function applyKey(draft: RunDraft, key: string, given: unknown): void {
  if (key === COMMAND) {
    draft.args = strings(given, "the command is a list of words");
    return;
  }
  const row = OPTIONS.find((option) => option.name === key);
  if (row === undefined) {
    const near = nearest(key, [...OPTIONS.map((option) => option.name), COMMAND]);
    throw new NsboxError("EUSAGE", "it is not known", {
      hint: near === undefined ? "the keys are the names of run's flags, and command" : `did you mean ${near}?`,
    });
  }
  if (row.value === undefined) {
    if (typeof given !== "boolean")
      throw new NsboxError("EUSAGE", "it is neither true nor false", { hint: `write ${key} as true or false` });
    // tty has three states: false says no-tty. Other flags have no such row, and are off already.
    const said = given ? row : OPTIONS.find((option) => option.name === `no-${key}`);
    said?.apply(draft, "");
    return;
  }
  if (typeof given === "number" && TEXT_ONLY.includes(key)) {
    throw new NsboxError("EUSAGE", "it is a number, and whether an octal one cannot be told", {
      hint: 'put it in quotes: "027"',
    });
  }
  const values =
    Array.isArray(given) && row.repeatable === true
      ? strings(given, "a list holds texts and numbers")
      : [scalar(given, row.repeatable === true)];
  for (const value of values) row.apply(draft, value);
}

function scalar(given: unknown, repeatable: boolean): string {
  if (typeof given === "string" || typeof given === "number") return String(given);
  const hint = repeatable ? "give a text, or a list of texts" : "give a text or a number";
  throw new NsboxError("EUSAGE", "it has the wrong type", { hint });
}

function strings(given: unknown, hint: string): string[] {
  if (!Array.isArray(given)) throw new NsboxError("EUSAGE", "it is not a list", { hint });
  return given.map((value: unknown) => scalar(value, true));
}

/** The line on which the key stands, 1 and up; 1 where it is written in some other way. */
function lineOf(text: string, key: string): number {
  const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const written = `\\s*(["']?)${escaped}\\1\\s*[:=]`;
  const lines = text.split("\n");
  // What begins a line is surely a key; what stands within one may be a part of a value.
  const atStart = new RegExp(`^\\s*[{,]?${written}|^\\s*\\[+${escaped}\\]`);
  const first = lines.findIndex((line) => atStart.test(line));
  const within = new RegExp(`[{,]${written}`);
  const at = first === -1 ? lines.findIndex((line) => within.test(line)) : first;
  return at === -1 ? 1 : at + 1;
}
