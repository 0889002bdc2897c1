// The map: areas in areas, a card for each group of processes in them.
import type { PageArea, PageGroup } from "../page-data.ts";
import { element } from "./element.ts";
import { explainGroup, type Model, type Sharing, sharingOf } from "./model.ts";

/** What a click on the map shows. */
export interface MapActions {
  showProcess(pid: number): void;
  showNamespace(inode: number): void;
  /** The mouse is on a namespace, or has left it. */
  light(inode: number | undefined): void;
}

export interface DrawnMap {
  readonly root: HTMLElement;
  /** Shows only these processes of each group, and only the areas that have some. */
  filter(pids: readonly (readonly number[])[], searching: boolean): void;
  /** Marks the process that is looked at. */
  select(pid: number | undefined): void;
  /** Dims every group that is not in this namespace. */
  light(inode: number | undefined): void;
}

/** Processes of a group that are drawn before somebody asks for more: what is not drawn costs nothing. */
const ROWS_FIRST = 6;
const ROWS_MORE = 60;

/** More letters than these make a line of eight fields too long for a narrow card. */
const LETTERS_MAX = 2;

const SAYS: Readonly<Record<Sharing, string>> = {
  unknown: "not to be read by you",
  machine: "the machine's own",
  own: "its own, shared with nobody",
  shared: "shared with other groups that carry the same letter",
};

interface Card {
  readonly root: HTMLElement;
  show(pids: readonly number[]): void;
}

export function drawMap(model: Model, actions: MapActions): DrawnMap {
  const cards = model.data.groups.map((group) => drawCard(model, group, actions));
  const areas: { readonly root: HTMLElement; readonly area: PageArea }[] = [];
  const drawArea = (area: PageArea): HTMLElement => {
    const parts = [...area.groups.flatMap((index) => cards[index]?.root ?? []), ...area.below.map(drawArea)];
    const wide = parts.length > 1 || area.empty.length > 0;
    const head = element("header", {}, element("h2", { text: area.title }), element("p", { text: area.subtitle }));
    const empties = area.empty.map((inode) => drawEmpty(model, inode, actions));
    const root = element(
      "section",
      { class: wide ? "area" : "area single" },
      head,
      element("div", { class: "body" }, ...parts, ...empties),
    );
    areas.push({ root, area });
    return root;
  };
  const root = element("div", { class: "map" }, ...model.data.areas.map(drawArea));
  return {
    root,
    filter: (pids, searching) => {
      for (const [index, card] of cards.entries()) {
        const some = pids[index] ?? [];
        card.root.hidden = some.length === 0;
        if (some.length > 0) card.show(some);
      }
      const has = (area: PageArea): boolean =>
        area.groups.some((index) => (pids[index] ?? []).length > 0) || area.below.some(has);
      for (const { root: drawn, area } of areas) drawn.hidden = !has(area);
      root.classList.toggle("searching", searching);
    },
    select: (pid) => {
      for (const old of root.querySelectorAll(".row[aria-current]")) old.removeAttribute("aria-current");
      root.querySelector(`.row[data-pid="${pid}"]`)?.setAttribute("aria-current", "true");
    },
    light: (inode) => {
      root.classList.toggle("lit", inode !== undefined);
      const groups = inode === undefined ? [] : (model.members.get(inode) ?? []);
      for (const [index, card] of cards.entries()) card.root.classList.toggle("in", groups.includes(index));
    },
  };
}

function drawCard(model: Model, group: PageGroup, actions: MapActions): Card {
  const cells = model.data.types.map(({ name, meaning }) => {
    const inode = group.namespaces[name];
    const sharing = sharingOf(model, group, name);
    const letter = inode === undefined ? undefined : model.letters.get(inode);
    const cell = element("button", {
      class: `cell ${sharing}`,
      title: `${name}${inode === undefined ? "" : ` ${inode}`}: ${SAYS[sharing]}\n${meaning}`,
      onClick: () => inode !== undefined && actions.showNamespace(inode),
    });
    cell.type = "button";
    cell.append(name, ...(letter === undefined ? [] : [element("b", { text: letter })]));
    cell.addEventListener("pointerenter", () => actions.light(inode));
    cell.addEventListener("pointerleave", () => actions.light(undefined));
    return cell;
  });
  const lettered = Object.values(group.namespaces).filter((inode) => model.letters.has(inode)).length > LETTERS_MAX;
  const isolation = explainGroup(model, group);
  const count = element("p", { class: "count" });
  const list = element("div", { class: "rows" });
  const more = element("button", { class: "more" });
  more.type = "button";
  let shown: readonly number[] = [];
  let drawn = 0;
  const draw = (howMany: number): void => {
    const next = shown.slice(drawn, drawn + howMany);
    list.append(...next.map((pid) => drawRow(model, pid, actions)));
    drawn += next.length;
    more.hidden = drawn >= shown.length;
    more.textContent = `${(shown.length - drawn).toLocaleString("en")} more`;
  };
  more.addEventListener("click", () => draw(ROWS_MORE));
  return {
    root: element(
      "article",
      { class: "card" },
      element("div", { class: lettered ? "cells lettered" : "cells" }, ...cells),
      count,
      list,
      more,
    ),
    show: (pids) => {
      if (pids === shown) return;
      [shown, drawn] = [pids, 0];
      const total = group.pids.length;
      const all = `${total.toLocaleString("en")} process${total === 1 ? "" : "es"}`;
      const some = pids.length === total ? all : `${pids.length.toLocaleString("en")} of ${all}`;
      count.textContent = `${some}: ${isolation}`;
      list.replaceChildren();
      draw(ROWS_FIRST);
    },
  };
}

function drawRow({ processes }: Model, pid: number, actions: MapActions): HTMLElement {
  const process = processes.get(pid);
  const row = element(
    "button",
    {
      class: "row",
      title: `${process?.user ?? ""} ${process?.command ?? ""}`,
      data: { pid: String(pid) },
      onClick: () => actions.showProcess(pid),
    },
    element("span", { class: "pid", text: String(pid) }),
    element("span", { class: "command", text: process?.command ?? "" }),
  );
  row.type = "button";
  return row;
}

function drawEmpty({ namespaces }: Model, inode: number, actions: MapActions): HTMLElement {
  const namespace = namespaces.get(inode);
  const held = namespace?.heldBy.join(", ") ?? "";
  const made = element(
    "button",
    { class: "empty", title: "a namespace without a process", onClick: () => actions.showNamespace(inode) },
    element("span", { class: "cell own", text: namespace?.type ?? "" }),
    element("span", { text: held === "" ? "no process" : `no process; held by ${held}` }),
  );
  made.type = "button";
  return made;
}
