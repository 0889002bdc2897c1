// The page's script: draws the map, and answers clicks and searches.
import type { PageData } from "../page-data.ts";
import { drawLegend, drawNamespace, drawProcess } from "./details.ts";
import { element } from "./element.ts";
import { drawMap } from "./map.ts";
import { buildModel, searchGroups } from "./model.ts";

function start(data: PageData): void {
  const model = buildModel(data);
  const panel = element("aside", {});
  panel.setAttribute("aria-live", "polite");
  const close = element("button", {
    class: "close",
    text: "×",
    title: "back to the legend",
    onClick: () => showLegend(),
  });
  close.type = "button";
  const show = (content: HTMLElement, closable: boolean): void => {
    panel.replaceChildren(...(closable ? [close] : []), content);
    panel.classList.toggle("open", closable);
    panel.scrollTop = 0;
  };
  const actions = {
    showProcess: (pid: number) => {
      map.select(pid);
      map.light(undefined);
      show(drawProcess(model, pid, actions), true);
    },
    showNamespace: (inode: number) => {
      map.select(undefined);
      show(drawNamespace(model, inode, actions), true);
    },
    light: (inode: number | undefined) => map.light(inode),
  };
  const map = drawMap(model, actions);
  const showLegend = (): void => {
    map.select(undefined);
    show(drawLegend(model), false);
  };

  const search = element("input", { title: "PID, command, user, box or the number of a namespace" });
  search.type = "search";
  search.placeholder = "Search: command, PID, user, namespace";
  search.setAttribute("aria-label", "Search");
  const count = element("p", { class: "total" });
  count.setAttribute("role", "status");
  const filter = (): void => {
    const found = searchGroups(model, search.value);
    const many = found.reduce((sum, pids) => sum + pids.length, 0);
    const all = data.processes.length.toLocaleString("en");
    map.filter(found, search.value.trim() !== "");
    count.textContent =
      search.value.trim() === ""
        ? `${all} processes in ${data.namespaces.length.toLocaleString("en")} namespaces`
        : `${many.toLocaleString("en")} of ${all} processes`;
  };
  search.addEventListener("input", filter);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    }
    if (event.key === "Escape") {
      search.value = "";
      filter();
      showLegend();
    }
  });

  const taken = new Date(data.takenAt).toLocaleString();
  const head = element(
    "header",
    { class: "top" },
    element("h1", {}, "Namespaces of ", element("em", { text: data.host })),
    element("p", { class: "taken", text: taken }),
    search,
    count,
  );
  document.body.append(head, element("main", {}, map.root, panel));
  filter();
  showLegend();
}

start(JSON.parse(document.getElementById("data")?.textContent ?? "{}") as PageData); // what build-page.ts embeds
