// The panel beside the map: what a process or a namespace is. Fields of `inspect` are drawn whatever they are.
import { escapeText } from "#src/inspect/escape-text.ts";
import type { PageNamespace } from "../page-data.ts";
import { element, link } from "./element.ts";
import { type Model, sharingOf } from "./model.ts";

export interface PanelActions {
  showProcess(pid: number): void;
  showNamespace(inode: number): void;
}

/** Links to processes in one panel. */
const LINKS_MAX = 40;

type Pair = readonly [label: string, value: Node | string];

function list(pairs: readonly Pair[]): HTMLElement {
  return element(
    "dl",
    {},
    ...pairs.flatMap(([label, value]) => [element("dt", { text: label }), element("dd", {}, value)]),
  );
}

/** What is said before anything is clicked: how to read the map. */
export function drawLegend({ data }: Model): HTMLElement {
  const sample = (kind: string, text: string, says: string, letter?: string): HTMLElement =>
    element(
      "li",
      {},
      element(
        "span",
        { class: `cell ${kind}` },
        text,
        ...(letter === undefined ? [] : [element("b", { text: letter })]),
      ),
      element("span", { text: says }),
    );
  return element(
    "div",
    {},
    element("h2", { text: "How to read this" }),
    element("p", {
      text: "Each card is a group of processes that are in the very same namespaces. Its eight fields say which of them it has for itself:",
    }),
    element(
      "ul",
      { class: "legend" },
      sample("machine", "net", "the machine's own: nothing is isolated"),
      sample("own", "net", "its own: no other group is in it"),
      sample("shared", "net", "shared by the groups with this letter", "A"),
    ),
    element("p", {
      text: "An area has a user namespace or a PID namespace of its own. It lies inside the area that these descend from, which can see its processes; it can't see out.",
    }),
    element("p", { text: "Point at a field to see who shares it. Click a field or a process to see all about it." }),
    element("h3", { text: "What each kind isolates" }),
    list(data.types.map(({ name, meaning }) => [name, meaning] as const)),
    ...data.notes.map((note) => element("p", { class: "note", text: note })),
  );
}

export function drawProcess(model: Model, pid: number, actions: PanelActions): HTMLElement {
  const { data, processes } = model;
  const process = processes.get(pid);
  if (process === undefined) return element("p", { text: `No process ${pid} is on this page.` });
  const group = data.groups[process.group];
  const children = data.processes.filter(({ parent }) => parent === pid).map((child) => child.pid);
  const details = data.details[pid];
  return element(
    "div",
    {},
    element("h2", { text: `Process ${pid}` }),
    element("p", { class: "wrap mono", text: process.command }),
    list([
      ["user", process.user],
      ...(process.box === null ? [] : [["box", process.box] as const]),
      [
        "parent",
        processes.has(process.parent) ? processLinks(model, [process.parent], actions) : String(process.parent),
      ],
      ...(children.length === 0 ? [] : [["children", processLinks(model, children, actions)] as const]),
    ]),
    ...drawShort(details),
    element("h3", { text: "Namespaces" }),
    element(
      "div",
      { class: "spaces" },
      ...data.types.map(({ name }) => {
        const inode = group?.namespaces[name];
        const sharing = group === undefined ? "unknown" : sharingOf(model, group, name);
        const others = inode === undefined ? 0 : countIn(model, inode) - 1;
        const says =
          sharing === "unknown"
            ? "not readable"
            : others === 0
              ? "alone in it"
              : `with ${others} other${others === 1 ? "" : "s"}`;
        return element(
          "div",
          {},
          element("span", { class: `cell ${sharing}`, text: name }),
          inode === undefined ? "–" : link(String(inode), () => actions.showNamespace(inode)),
          element("span", { class: "muted", text: says }),
        );
      }),
    ),
    ...(details === undefined
      ? [
          element("p", {
            class: "note",
            text: `This page holds no more of it; nsbox inspect ${pid} does, while it runs.`,
          }),
        ]
      : [element("h3", { text: "All that isolates it" }), drawObject(details, OWN_FIELDS)]),
  );
}

/** Said above already. */
const OWN_FIELDS: readonly string[] = ["inShort", "pid", "parent", "command", "namespaces"];

/** What inspect says of it first, in words. */
function drawShort(details: unknown): readonly HTMLElement[] {
  const short = isObject(details) ? details["inShort"] : undefined;
  if (!isObject(short)) return [];
  return [
    element("h3", { text: "In short" }),
    list(Object.entries(short).map(([label, text]) => [label, String(text)])),
  ];
}

export function drawNamespace(model: Model, inode: number, actions: PanelActions): HTMLElement {
  const { data, namespaces, members } = model;
  const namespace = namespaces.get(inode);
  if (namespace === undefined) return element("p", { text: `No namespace ${inode} is on this page.` });
  const { type, owner, parent, creatorUid, heldBy } = namespace;
  const pids = (members.get(inode) ?? []).flatMap((index) => data.groups[index]?.pids ?? []);
  const namespaceLink = (other: number): Node =>
    namespaces.has(other)
      ? link(String(other), () => actions.showNamespace(other))
      : document.createTextNode(String(other));
  const whose = data.base[type] === inode ? "The machine's own." : data.yours[type] === inode ? "You are in it." : "";
  return element(
    "div",
    {},
    element("h2", { text: `${TYPE_NAMES[type]} namespace` }),
    element("p", { class: "mono", text: `${type}:[${inode}]` }),
    element("p", { text: `${data.types.find(({ name }) => name === type)?.meaning ?? ""}. ${whose}`.trim() }),
    list([
      ["owner", owner === null ? "not known to you" : namespaceLink(owner)],
      ...(type === "user" || type === "pid"
        ? [["descends from", parent === null ? "–" : namespaceLink(parent)] as const]
        : []),
      ...(creatorUid === null ? [] : [["made by uid", String(creatorUid)] as const]),
      ...(heldBy.length === 0 ? [] : [["held by", heldBy.join(", ")] as const]),
      ["groups in it", String((members.get(inode) ?? []).length)],
      ["processes", pids.length === 0 ? "none" : processLinks(model, pids, actions)],
    ]),
  );
}

const TYPE_NAMES: Readonly<Record<PageNamespace["type"], string>> = {
  user: "User",
  mnt: "Mount",
  pid: "PID",
  ipc: "IPC",
  uts: "UTS",
  net: "Network",
  cgroup: "Cgroup",
  time: "Time",
};

function countIn({ data, members }: Model, inode: number): number {
  return (members.get(inode) ?? []).reduce((sum, index) => sum + (data.groups[index]?.pids.length ?? 0), 0);
}

function processLinks({ processes }: Model, pids: readonly number[], actions: PanelActions): HTMLElement {
  const rest = pids.length - LINKS_MAX;
  return element(
    "ul",
    { class: "links" },
    ...pids.slice(0, LINKS_MAX).map((pid) =>
      element(
        "li",
        {},
        link(String(pid), () => actions.showProcess(pid)),
        element("span", { text: ` ${processes.get(pid)?.command ?? ""}` }),
      ),
    ),
    ...(rest > 0 ? [element("li", { class: "muted", text: `and ${rest.toLocaleString("en")} more` })] : []),
  );
}

/** "noNewPrivs" → "no new privs". */
function labelOf(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function drawObject(value: unknown, without: readonly string[] = []): HTMLElement {
  if (!isObject(value)) return element("div", {}, drawValue(value));
  const fields = Object.entries(value).filter(([name]) => !without.includes(name));
  return list(fields.map(([name, field]) => [labelOf(name), drawValue(field, name)] as const));
}

/** Lists of more than this are folded. */
const ITEMS_OPEN = 12;

function drawValue(value: unknown, name = ""): Node {
  if (isObject(value)) {
    if ("value" in value) return drawValue(value["value"], name);
    if ("unreadable" in value)
      return element("span", {
        class: "muted",
        text: `not readable: ${String(value["reason"] ?? value["unreadable"])}`,
      });
    return Object.values(value).some((field) => typeof field === "object" && field !== null)
      ? drawObject(value)
      : drawLine(value);
  }
  if (Array.isArray(value)) return drawList(value);
  return document.createTextNode(textOf(value, name));
}

function textOf(value: unknown, name: string): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number" && name.endsWith("At")) return new Date(value).toLocaleString();
  return escapeText(String(value));
}

function drawList(values: readonly unknown[]): Node {
  if (values.length === 0) return document.createTextNode("none");
  if (!values.some((value) => typeof value === "object" && value !== null)) {
    const text = element("span", { text: values.map((value) => textOf(value, "")).join(", ") });
    return values.length <= ITEMS_OPEN ? text : fold(values.length, text);
  }
  const items = element("ul", { class: "items" }, ...values.map((value) => element("li", {}, drawLine(value))));
  return values.length <= ITEMS_OPEN ? items : fold(values.length, items);
}

/** One entry of a list: its fields on one line where they are simple. */
function drawLine(value: unknown): Node {
  if (!isObject(value) || Object.values(value).some(isObject)) return drawValue(value);
  const fields = Object.entries(value).map(
    ([name, field]) =>
      `${labelOf(name)} ${Array.isArray(field) ? field.map((one) => textOf(one, "")).join(" ") || "–" : textOf(field, name)}`,
  );
  return document.createTextNode(fields.join(" · "));
}

function fold(count: number, content: Node): HTMLElement {
  return element("details", {}, element("summary", { text: String(count) }), content);
}
