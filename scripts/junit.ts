// What a group of tests came to, read from the file that `bun test --reporter=junit` writes. Pure.

/** How many tests passed, failed and were skipped. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** One report: its totals, the names of what failed and what was skipped, and the test files it has heard of. */
export interface Report extends Totals {
  readonly failedNames: readonly string[];
  readonly skippedNames: readonly string[];
  readonly files: readonly string[];
}

const TESTCASE = /<testcase\s([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g;
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code: string | undefined, name: string | undefined) =>
    code !== undefined ? String.fromCodePoint(Number(code)) : (ENTITIES[name ?? ""] ?? whole),
  );
}

function attribute(attributes: string, name: string): string {
  return unescapeXml(new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1] ?? "");
}

/** Read a whole report; throws where the text is not a finished one. */
export function parseJunit(xml: string): Report {
  if (!xml.includes("</testsuites>")) throw new Error("Cannot read the test report: it does not end");
  const files = new Set<string>();
  const failedNames: string[] = [];
  const skippedNames: string[] = [];
  let passed = 0;
  for (const [, attributes = "", , body = ""] of xml.matchAll(TESTCASE)) {
    files.add(attribute(attributes, "file"));
    // bun writes the groups around a test innermost first, joined by " > ".
    const groups = attribute(attributes, "classname").split(" > ").filter(Boolean).reverse();
    const name = [...groups, attribute(attributes, "name")].join(" > ");
    if (/<(failure|error)[\s>]/.test(body)) failedNames.push(name);
    else if (!body.includes("<skipped")) passed += 1;
    else skippedNames.push(body.includes('message="TODO"') ? `${name} [todo]` : name);
  }
  const totals = { passed, failed: failedNames.length, skipped: skippedNames.length };
  return { ...totals, failedNames, skippedNames, files: [...files] };
}

/** "12 passed, 0 failed", and ", 1 skipped" where something was: the line that ends `npm test`. */
export function explainTotals(totals: Totals): string {
  const line = `${totals.passed} passed, ${totals.failed} failed`;
  return totals.skipped === 0 ? line : `${line}, ${totals.skipped} skipped`;
}
