// Reads TypeScript just closely enough for the house rules: what is code, what is comment, what is text. Pure.

/** A source file in two forms of the same length and lines: with comments blanked, and with texts blanked too. */
export interface SourceCode {
  readonly withoutComments: string;
  readonly codeOnly: string;
}

const blank = (text: string): string => text.replaceAll(/[^\n]/g, " ");

/** After one of these a slash begins a regular expression; after anything else it divides. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|yield|await))\s*$/;
const REGEX = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const STRING = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))+/y;

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

/** Tell code from comments and texts; a template's `${…}` is code. */
export function readSource(text: string): SourceCode {
  let withoutComments = "";
  let codeOnly = "";
  // For every open template the depth of braces inside its ${…}; -1 while in its text.
  const templates: number[] = [];
  const take = (part: string, kind: "code" | "text" | "comment"): void => {
    withoutComments += kind === "comment" ? blank(part) : part;
    codeOnly += kind === "code" ? part : blank(part);
  };
  while (codeOnly.length < text.length) {
    const index = codeOnly.length;
    const top = templates.length - 1;
    const char = text.charAt(index);
    if (templates[top] === -1) {
      const inside = matchAt(TEMPLATE_TEXT, text, index);
      if (inside !== undefined) take(inside, "text");
      else if (char === "`") take(char, templates.pop() === undefined ? "text" : "code");
      else {
        templates[top] = 0;
        take(text.slice(index, index + 2), "code");
      }
      continue;
    }
    const comment = matchAt(COMMENT, text, index);
    const string = matchAt(STRING, text, index);
    const regex = char === "/" && BEFORE_REGEX.test(codeOnly.slice(-40)) ? matchAt(REGEX, text, index) : undefined;
    if (comment !== undefined) take(comment, "comment");
    else if (string !== undefined) take(string, "text");
    else if (regex !== undefined) take(regex, "text");
    else {
      if (char === "`") templates.push(-1);
      else if (char === "{" && top >= 0) templates[top] = (templates[top] ?? 0) + 1;
      else if (char === "}" && top >= 0) templates[top] = (templates[top] ?? 0) - 1;
      take(char, "code");
    }
  }
  return { withoutComments, codeOnly };
}

/** Every module that a file names, types included: import, export … from, import(), require(). */
export function importsOf(source: SourceCode): string[] {
  const { withoutComments, codeOnly } = source;
  const named = /\b(?:from|import|require)\s*\(?\s*(["'])([^"'\n]+)\1/g;
  const found: string[] = [];
  for (const match of withoutComments.matchAll(named)) {
    // The keyword must be code: not a word inside a text.
    if (codeOnly.charAt(match.index) !== " " && match[2] !== undefined) found.push(match[2]);
  }
  return found;
}
