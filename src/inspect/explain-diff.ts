// ProcessDiff → text for people: what is shared in a line for each group, what isolates in lines of its own. Pure.
import { escapeText } from "./escape-text.ts";
import { DIFF_GROUPS, type DiffGroup, type DiffItem, type DiffSide, type ProcessDiff } from "./diff-view.ts";

const TITLES: Readonly<Record<DiffGroup, string>> = {
  namespaces: "Namespaces",
  mounts: "Mounts",
  files: "Files",
  ids: "Ids",
  capabilities: "Capabilities",
  privileges: "Privileges",
  cgroup: "Cgroup",
  limits: "Limits",
  environment: "Environment",
};

const LEGEND = "= is the same, ≠ differs, A or B is there only, ? may not be read";

/** So many of the same have their names listed. */
const NAMED_MAX = 8;

export interface DiffTextOptions {
  readonly color: boolean;
  readonly width: number;
}

/** The whole comparison. Names that others chose are made harmless. */
export function explainDiff(diff: ProcessDiff, options: DiffTextOptions): string {
  const paint = painter(options.color);
  const legend = wrap("", LEGEND, options.width).map(paint.dim);
  const lines = [sideLine("A", diff.first, options.width), sideLine("B", diff.second, options.width), ...legend];
  for (const group of DIFF_GROUPS) {
    const items = diff.items.filter((item) => item.group === group);
    if (items.length > 0) lines.push("", paint.bold(TITLES[group]), ...groupLines(items, options.width, paint));
  }
  return `${[...lines, "", summary(diff)].join("\n")}\n`;
}

/** What is the same in one line, what differs item by item, and what may not be read by reason. */
function groupLines(items: readonly DiffItem[], width: number, paint: Painter): readonly string[] {
  const of = (state: DiffItem["state"]): readonly DiffItem[] => items.filter((item) => item.state === state);
  const same = of("same");
  const pad = Math.min(PAD_MAX, Math.max(...items.map(({ name }) => name.length)));
  const said = new Map<string, string>();
  const unknown = Map.groupBy(of("unknown"), ({ reason }) => reason ?? "");
  return [
    ...(same.length === 0 ? [] : wrap("  =  ", `the same: ${namesOf(same)}`, width).map(paint.dim)),
    ...of("different").flatMap((item) => itemLines(item, { width, pad, paint, said })),
    ...[...unknown].flatMap(([reason, list]) => wrap("  ?  ", `${namesOf(list)}: ${reason}`, width)),
  ];
}

/** Names that are longer stand on a line of their own. */
const PAD_MAX = 14;

interface Painter {
  bold(text: string): string;
  dim(text: string): string;
}

function painter(color: boolean): Painter {
  const style = (code: number) => (text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { bold: style(1), dim: style(2) };
}

function sideLine(letter: string, { pid, command }: DiffSide, width: number): string {
  const text = `${letter}  ${pid}  ${escapeText(command)}`;
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function namesOf(items: readonly DiffItem[]): string {
  if (items.length > NAMED_MAX) return `${items.length} of them`;
  return items.map(({ name }) => escapeText(name)).join(", ");
}

interface ItemStyle {
  readonly width: number;
  readonly pad: number;
  readonly paint: Painter;
  /** Which item of the group was the first to differ by this text, where it is a long one. */
  readonly said: Map<string, string>;
}

function itemLines(item: DiffItem, { width, pad, paint, said }: ItemStyle): readonly string[] {
  const { first, second } = item;
  const name = escapeText(item.name).padEnd(pad);
  const meaning = item.meaning === "" ? "" : `  ${paint.dim(item.meaning)}`;
  if (first === null || second === null) {
    const text = valueText(onlyThere(second ?? first ?? ""));
    return wrap(`  ${first === null ? "B" : "A"}  `, `${name}  ${text}`, width);
  }
  const [a, b] = Array.isArray(first) && Array.isArray(second) ? onlyIn(first, second) : [first, second];
  const texts = [a === null ? "" : valueText(a), b === null ? "" : valueText(b)] as const;
  const sides = `${a === null ? "" : `  A ${texts[0]}`}${b === null ? "" : `  B ${texts[1]}`}`;
  const line = `  ≠  ${name}${sides}${item.meaning === "" ? "" : `  ${item.meaning}`}`;
  if (sides.length <= SHORT_MAX && line.length <= width) return [`  ≠  ${name}${sides}${meaning}`];
  const before = said.get(sides);
  if (before !== undefined) return [`  ≠  ${name}  as ${before}${meaning}`];
  said.set(sides, escapeText(item.name));
  return [
    `  ≠  ${name}${meaning}`.trimEnd(),
    ...(a === null ? [] : wrap("       A  ", texts[0], width)),
    ...(b === null ? [] : wrap("       B  ", texts[1], width)),
  ];
}

/** Two values that together are no longer stand beside each other. */
const SHORT_MAX = 48;

/** Of a mount that only one has, what holds for its whole file system says little. */
function onlyThere(value: string | readonly string[]): string | readonly string[] {
  return typeof value === "string" ? value : value.filter((word) => !/^(?:fs|device):/.test(word));
}

/** What one set has and the other hasn't; null where that is nothing. */
function onlyIn(first: readonly string[], second: readonly string[]): readonly (readonly string[] | null)[] {
  const minus = (list: readonly string[], other: readonly string[]): readonly string[] | null => {
    const rest = list.filter((word) => !other.includes(word));
    return rest.length === 0 ? null : rest;
  };
  return [minus(first, second), minus(second, first)];
}

function valueText(value: string | readonly string[]): string {
  if (typeof value === "string") return escapeText(value);
  return value.map((word) => escapeText(wordText(word))).join(" ");
}

/** What the JSON has in one word. */
function wordText(word: string): string {
  if (/^CAP_[A-Z_]+$/.test(word)) return word.slice(4).toLowerCase();
  const [, below] = /^over:(\d+)$/.exec(word) ?? [];
  return below === undefined ? word : `(over ${below} more)`;
}

function summary({ same, different, unknown }: ProcessDiff): string {
  const rest = unknown === 0 ? "" : `, ${unknown} may not be read`;
  return different === 0 ? `nothing differs: ${same} the same${rest}` : `${different} differ, ${same} the same${rest}`;
}

/** Lines of which the first begins with the mark, and the others with as many blanks. */
function wrap(mark: string, text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && mark.length + line.length + word.length + 1 > width) {
      lines.push(line);
      line = word;
    } else line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line].map((one, n) => `${n === 0 ? mark : " ".repeat(mark.length)}${one}`.trimEnd());
}
