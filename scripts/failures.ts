// What bun printed about each failed test, kept so that it can be said again beside the totals, where it is looked for.

/** A test that prints without end must not hide the others. */
const LINES_MAX = 40;
const COLOR = new RegExp(`${String.fromCodePoint(0x1b)}\\[[0-9;]*m`, "g");
const RESULT = /^\((pass|fail|skip|todo)\) /;
const FILE = /^\S+\.test\.ts:$/;
/** After many tests bun names the failed ones again. */
const SUMMARY = /^\d+ tests (failed|skipped):$/;

/** Takes the lines of `bun test`: those between two results belong to the later one. */
export class FailureLines {
  readonly #failures: string[] = [];
  #since: string[] = [];
  #ended = false;

  take(line: string): void {
    const plain = line.replaceAll(COLOR, "");
    this.#ended ||= SUMMARY.test(plain);
    if (this.#ended) return;
    const result = RESULT.exec(plain)?.[1];
    if (result === "fail") this.#failures.push([...this.#since.slice(-LINES_MAX), plain].join("\n"));
    if (result !== undefined || FILE.test(plain)) this.#since = [];
    else this.#since.push(plain);
    if (this.#since.length > 2 * LINES_MAX) this.#since = this.#since.slice(-LINES_MAX);
  }

  /** One text for each failed test, the error first and its name last. */
  get failures(): readonly string[] {
    return this.#failures;
  }
}
