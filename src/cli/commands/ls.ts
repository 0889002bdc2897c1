// `nsbox ls`.
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { emptyLsDraft, LS_OPTIONS, type LsDraft, type LsView } from "#src/cli/ls-options.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { NsboxError } from "#src/error.ts";
import { printError, printOut } from "#src/host/print.ts";
import { readTerminalWidth } from "#src/host/read-terminal-width.ts";
import { isTerminal } from "#src/host/read-facts.ts";
import { readUsers } from "#src/host/read-users.ts";
import { explainRows, rowsJson } from "#src/inspect/explain-namespaces.ts";
import {
  buildRows,
  COLUMNS,
  DEFAULT_COLUMNS,
  findColumn,
  type NamespaceRow,
  sortRows,
} from "#src/inspect/ls-columns.ts";
import { nameOwnBoxes } from "#src/cli/box-labels.ts";
import { explainDot, explainMermaid } from "#src/inspect/explain-graph.ts";
import { explainTree } from "#src/inspect/explain-tree.ts";
import type { NamespaceGraph } from "#src/inspect/namespace-graph.ts";
import { readNetnsids } from "#src/inspect/read-netnsids.ts";
import { readNamespaces } from "#src/inspect/read-namespaces.ts";

/** Prints the namespaces of the machine. Throws NsboxError. */
export async function lsCommand(argv: readonly string[]): Promise<number> {
  const draft = emptyLsDraft();
  const { words } = parseOptions(LS_OPTIONS, draft, argv, { command: "ls", stopAtWord: false });
  check(draft, words);
  const read = readNamespaces({ withRefused: draft.html !== undefined || draft.pid !== undefined });
  checkPid(draft, read);
  const graph = await nameOwnBoxes(read);
  if (draft.views[0] !== "json") for (const note of graph.notes) printError(`nsbox: ${note}\n`);
  if (draft.html !== undefined) await writePage(draft.html, graph);
  else printOut(show(draft, graph));
  return 0;
}

/** Loaded only now: the page is a hundred times what a table needs. */
async function writePage(file: string, graph: NamespaceGraph): Promise<void> {
  const { buildPage } = await import("#src/inspect/page/build-page.ts");
  const { buildPageData, detailOrder } = await import("#src/inspect/page/build-page-data.ts");
  const { readDetails } = await import("#src/inspect/page/read-details.ts");
  const details = readDetails(detailOrder(graph));
  const facts = { host: hostname(), takenAt: new Date().toISOString(), users: readUsers(), details };
  const page = buildPage(buildPageData(graph, facts));
  if (file === "-") return printOut(page);
  try {
    writeFileSync(file, page);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new NsboxError("EHOST", `Cannot write the page to ${JSON.stringify(file)}: ${String(error.code)}`, {
      hint: "name a file in a folder that you may write to, or - for stdout",
    });
  }
}

function show(draft: LsDraft, graph: NamespaceGraph): string {
  const rows = chosenRows(draft, graph);
  const width = readTerminalWidth();
  if (draft.views[0] === "json") return rowsJson(rows, draft.columns ?? COLUMNS, graph.notes);
  if (draft.views[0] === "dot") return explainDot(rows);
  if (draft.views[0] === "mermaid") return explainMermaid(rows);
  if (draft.views[0] === "tree") return explainTree(rows, { color: wantsColor(), width });
  const columns = draft.columns ?? DEFAULT_COLUMNS.flatMap((name) => findColumn(name) ?? []);
  return explainRows(rows, columns, width);
}

function wantsColor(): boolean {
  return isTerminal(1) && (process.env["NO_COLOR"] ?? "") === "";
}

function chosenRows(draft: LsDraft, graph: NamespaceGraph): readonly NamespaceRow[] {
  const { types, pid, sort, columns, views } = draft;
  const wantsNumbers = (columns ?? (views[0] === "json" ? COLUMNS : [])).some(({ name }) => name === "NETNSID");
  const netnsids = wantsNumbers ? readNetnsids(graph) : new Map<number, number>();
  const rows = buildRows(graph, { users: readUsers(), netnsids }).filter(
    ({ node }) =>
      (types.length === 0 || types.includes(node.type)) && (pid === undefined || node.processes.includes(pid)),
  );
  return sort === undefined ? rows : sortRows(rows, sort.column, sort.descending);
}

/** What a view can't take in is refused, not ignored. */
const USELESS: Readonly<Partial<Record<LsView, readonly (keyof LsDraft)[]>>> = {
  html: ["columns", "types", "pid", "sort"],
  tree: ["columns", "sort"],
  dot: ["columns", "sort"],
  mermaid: ["columns", "sort"],
};

const FLAGS: Readonly<Partial<Record<keyof LsDraft, string>>> = {
  columns: "--output",
  types: "--type",
  pid: "--pid",
  sort: "--sort",
};

function check(draft: LsDraft, words: readonly string[]): void {
  const { views } = draft;
  const [first, second] = new Set(views);
  if (second !== undefined)
    throw new NsboxError("EUSAGE", `Cannot use --${first} and --${second}: one view at a time`, {
      hint: `run nsbox ls --${first}, then nsbox ls --${second}`,
    });
  const given = (name: keyof LsDraft): boolean => {
    const value = draft[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  };
  const useless = (first === undefined ? [] : (USELESS[first] ?? [])).find(given);
  if (useless !== undefined)
    throw new NsboxError("EUSAGE", `Cannot use ${FLAGS[useless]} with --${first}: it would change nothing there`, {
      hint: `leave out ${FLAGS[useless]}`,
    });
  if (words[0] !== undefined)
    throw new NsboxError("EUSAGE", `Cannot list ${JSON.stringify(words[0])}: nsbox ls takes flags alone`, {
      hint: "write --pid PID for the namespaces of a process, --type TYPE for those of one kind",
    });
}

function checkPid({ pid }: LsDraft, { processes }: NamespaceGraph): void {
  const process = processes.find((one) => one.pid === pid);
  if (pid === undefined || Object.keys(process?.namespaces ?? {}).length > 0) return;
  const state = process === undefined ? "no process has this PID" : "you may not look into it";
  throw new NsboxError(process === undefined ? "ESPEC" : "EHOST", `Cannot list the namespaces of ${pid}: ${state}`, {
    hint: process === undefined ? "PIDs are listed by ps ax" : "it takes its owner, or root",
  });
}
