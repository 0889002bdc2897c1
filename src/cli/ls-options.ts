// The flags of `ls`.
import { NsboxError } from "#src/error.ts";
import { type Column, COLUMNS, DEFAULT_COLUMNS, findColumn } from "#src/inspect/ls-columns.ts";
import { NAMESPACE_TYPES, type NamespaceType } from "#src/spec/spec.ts";
import type { Option } from "./option.ts";
import { nearest } from "#src/spec/suggest.ts";

/** What is made of the namespaces. */
export type LsView = "table" | "json" | "tree" | "html" | "dot" | "mermaid";

export interface LsDraft {
  views: LsView[];
  /** undefined: the default ones, or for JSON all. */
  columns: readonly Column[] | undefined;
  types: NamespaceType[];
  pid: number | undefined;
  sort: { readonly column: Column; readonly descending: boolean } | undefined;
  html: string | undefined;
}

/** No flag was given yet. */
export function emptyLsDraft(): LsDraft {
  return { views: [], columns: undefined, types: [], pid: undefined, sort: undefined, html: undefined };
}

const COLUMN_NAMES: readonly string[] = COLUMNS.map(({ name }) => name);

function parseColumn(flag: string, name: string): Column {
  const column = findColumn(name);
  if (column !== undefined) return column;
  const near = nearest(name.toUpperCase(), COLUMN_NAMES);
  throw new NsboxError("EUSAGE", `Cannot use ${flag}: there is no column ${JSON.stringify(name)}`, {
    hint: near === undefined ? `the columns are ${COLUMN_NAMES.join(" ")}` : `did you mean ${near}?`,
  });
}

/** "NS,PID", "+PATH" (added to the default ones), "all". */
function parseColumns(value: string): readonly Column[] {
  if (value.toLowerCase() === "all") return COLUMNS;
  const names = value.startsWith("+") ? [...DEFAULT_COLUMNS, ...value.slice(1).split(",")] : value.split(",");
  return names.map((name) => parseColumn("--output", name));
}

function parseType(value: string): NamespaceType {
  const word = value === "mount" ? "mnt" : value;
  const type = NAMESPACE_TYPES.find((name) => name === word);
  if (type !== undefined) return type;
  throw new NsboxError("EUSAGE", `Cannot use --type ${JSON.stringify(value)}: there is no such kind of namespace`, {
    hint: `the kinds are ${NAMESPACE_TYPES.join(" ")}`,
  });
}

function viewOption(name: LsView, doc: string): Option<LsDraft> {
  return { name, group: "Output", doc, apply: (draft) => void draft.views.push(name) };
}

export const LS_OPTIONS: readonly Option<LsDraft>[] = [
  {
    name: "type",
    short: "t",
    value: "TYPE",
    repeatable: true,
    group: "Which",
    doc: `only these: ${NAMESPACE_TYPES.join(", ")}`,
    apply: (draft, value) => void draft.types.push(...value.split(",").map(parseType)),
  },
  {
    name: "pid",
    short: "p",
    value: "PID",
    group: "Which",
    doc: "only those that this process is in",
    apply: (draft, value) => {
      if (!/^[1-9]\d{0,7}$/.test(value))
        throw new NsboxError("EUSAGE", `Cannot use --pid ${JSON.stringify(value)}: it is not a PID`, {
          hint: "write for example nsbox ls --pid $$",
        });
      draft.pid = Number(value);
    },
  },
  {
    name: "output",
    short: "o",
    value: "COLUMNS",
    group: "Output",
    doc: "these columns, with commas; +COLUMNS adds to the default ones; or all",
    apply: (draft, value) => {
      draft.columns = parseColumns(value);
    },
  },
  {
    name: "sort",
    value: "COLUMN",
    group: "Output",
    doc: "sort by this column; -COLUMN: the other way round",
    apply: (draft, value) => {
      const descending = value.startsWith("-");
      draft.sort = { column: parseColumn("--sort", descending ? value.slice(1) : value), descending };
    },
  },
  viewOption("tree", "who owns which namespace, and what descends from what"),
  {
    name: "html",
    value: "FILE",
    group: "Output",
    doc: "as one page for a browser, which needs nothing else; - for stdout",
    apply: (draft, value) => {
      draft.views.push("html");
      draft.html = value;
    },
  },
  viewOption("dot", "as a graph for dot -Tsvg of Graphviz"),
  viewOption("mermaid", "as a graph for Mermaid, which many wikis draw"),
  viewOption("json", "as JSON, every column unless --output names some; see docs/ls.md"),
];
