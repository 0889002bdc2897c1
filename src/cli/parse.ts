// argv → options, strictly: what is not understood is an error, never ignored.
import { NsboxError } from "#src/error.ts";
import type { Option } from "./option.ts";
import { nearest } from "#src/spec/suggest.ts";

/** What parseOptions() leaves: the words that are not options. */
export interface Parsed {
  readonly words: readonly string[];
  /** -h or --help was among the options. */
  readonly help: boolean;
}

export interface ParseRules {
  /** The command's name, for messages. */
  readonly command: string;
  /** The first word ends the options, as the words from there on are another command's. */
  readonly stopAtWord: boolean;
  /** What to do instead of a flag that there is not, where that is known. */
  readonly hintFor?: (flag: string) => string | undefined;
}

/** Applies every option in argv to the draft. Throws NsboxError EUSAGE. */
export function parseOptions<T>(
  rows: readonly Option<T>[],
  draft: T,
  argv: readonly string[],
  rules: ParseRules,
): Parsed {
  return new Parser(rows, draft, argv, rules).parse();
}

class Parser<T> {
  readonly #rows: readonly Option<T>[];
  readonly #draft: T;
  readonly #argv: readonly string[];
  readonly #rules: ParseRules;
  readonly #seen: string[] = [];
  readonly #words: string[] = [];
  #at = 0;
  #help = false;

  constructor(rows: readonly Option<T>[], draft: T, argv: readonly string[], rules: ParseRules) {
    this.#rows = rows;
    this.#draft = draft;
    this.#argv = argv;
    this.#rules = rules;
  }

  parse(): Parsed {
    while (this.#at < this.#argv.length) {
      const word = this.#argv[this.#at++] ?? "";
      if (word === "--") return this.#end(this.#at);
      if (word.startsWith("--")) this.#long(word);
      else if (word.startsWith("-") && word !== "-") this.#cluster(word);
      else if (this.#rules.stopAtWord) return this.#end(this.#at - 1);
      else this.#words.push(word);
    }
    return { words: this.#words, help: this.#help };
  }

  #end(from: number): Parsed {
    return { words: [...this.#words, ...this.#argv.slice(from)], help: this.#help };
  }

  #long(word: string): void {
    if (word === "--help") {
      this.#help = true;
      return;
    }
    const equals = word.indexOf("=");
    const name = equals === -1 ? word.slice(2) : word.slice(2, equals);
    const row = this.#row((option) => option.name === name);
    if (row === undefined) throw name === "help" ? noValue("--help", word.slice(7)) : this.#unknown(`--${name}`);
    this.#apply(row, `--${name}`, equals === -1 ? undefined : word.slice(equals + 1));
  }

  /** "-it", "-eA=b", "-e A=b". */
  #cluster(word: string): void {
    for (let n = 1; n < word.length; n++) {
      const letter = word[n] ?? "";
      if (letter === "h") {
        this.#help = true;
        continue;
      }
      const row = this.#row((option) => option.short === letter);
      if (row === undefined) throw this.#unknown(`-${letter}`);
      if (row.value === undefined) this.#apply(row, `-${letter}`, undefined);
      else return this.#apply(row, `-${letter}`, n + 1 < word.length ? word.slice(n + 1) : undefined);
    }
  }

  /** A loop: find() is compiled at its first use (D-57). */
  #row(isIt: (option: Option<T>) => boolean): Option<T> | undefined {
    for (const option of this.#rows) if (isIt(option)) return option;
    return undefined;
  }

  #apply(row: Option<T>, flag: string, given: string | undefined): void {
    if (this.#seen.includes(row.name) && row.repeatable !== true && row.value !== undefined) {
      throw new NsboxError("EUSAGE", `Cannot use ${flag} twice: it has one value`, { hint: `give --${row.name} once` });
    }
    this.#seen.push(row.name);
    if (row.value === undefined) {
      if (given === undefined) return row.apply(this.#draft, "");
      throw noValue(flag, given);
    }
    const value = given ?? this.#argv[this.#at++];
    if (value !== undefined && value !== "--") return row.apply(this.#draft, value);
    throw new NsboxError("EUSAGE", `Cannot use ${flag}: its value is missing`, { hint: `write ${flag} ${row.value}` });
  }

  #unknown(flag: string): NsboxError {
    const names = [...this.#rows.map((row) => `--${row.name}`), "--help"];
    const near = flag.startsWith("--") ? nearest(flag, names) : undefined;
    const other = near === undefined ? `nsbox ${this.#rules.command} --help lists the flags` : `did you mean ${near}?`;
    const hint = this.#rules.hintFor?.(flag) ?? other;
    const message = `Cannot use ${oneLine(flag)}: nsbox ${this.#rules.command} has no such flag`;
    return new NsboxError("EUSAGE", message, { hint });
  }
}

function noValue(flag: string, given: string): NsboxError {
  const message = `Cannot use ${flag}=${oneLine(given)}: ${flag} takes no value`;
  return new NsboxError("EUSAGE", message, { hint: `write ${flag} alone` });
}

/** A word as in JSON, but for the quotes: line ends and control characters must not reach the terminal. */
function oneLine(word: string): string {
  return JSON.stringify(word).slice(1, -1);
}
