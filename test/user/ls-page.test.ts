import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { buildPage } from "#src/inspect/page/build-page.ts";
import { buildPageData } from "#src/inspect/page/build-page-data.ts";
import type { NamespaceGraph } from "#src/inspect/namespace-graph.ts";
import { liveBox, namespaceOf } from "#test/support/box.ts";
import { openPage, textOf } from "#test/support/browser.ts";
import { describeWith } from "#test/support/needs.ts";
import { nsbox, tempDir } from "#test/support/nsbox.ts";
import { sampleGraph } from "#test/support/sample-graph.ts";

// All processes of a busy machine are looked at.
setDefaultTimeout(30_000);

const inodeOf = (pid: number | "self", type: string): string => /\d+/.exec(namespaceOf(pid, type))?.[0] ?? "";

function writeSample(path: string, graph: NamespaceGraph, details: Readonly<Record<number, unknown>> = {}): void {
  const facts = { host: "sample", takenAt: "2026-01-02T03:04:05Z", users: new Map([[0, "root"]]), details };
  writeFileSync(path, buildPage(buildPageData(graph, facts)));
}

/** The card that a process is listed in, once a search has brought it up. */
async function findCard(page: Page, query: string): Promise<string> {
  await page.getByRole("searchbox").fill(query);
  const card = page.locator(".card:visible");
  expect(await card.count()).toBe(1);
  return textOf(card);
}

describeWith(["userns", "chromium"], "nsbox ls --html", () => {
  test("draws a box as an area with its processes, and a click shows what inspect knows", async () => {
    using dir = tempDir();
    await using box = await liveBox(["--net", "host"]);
    const { exitCode } = await nsbox(["ls", "--html", dir.join("page.html")]);
    expect(exitCode).toBe(0);
    await using opened = await openPage(dir.join("page.html"));
    const { page } = opened;

    const area = page.locator("section.area", { hasText: `Box ${box.init}` }).last();
    expect(await textOf(area)).toContain(`user namespace ${inodeOf(box.init, "user")}`);
    expect(await textOf(area)).toContain("own everything but net, time");
    expect(await area.locator(".cell.own").allTextContents()).toEqual(["user", "pid", "mnt", "ipc", "uts", "cgroup"]);
    expect(await area.locator(".cell.machine").allTextContents()).toEqual(["net", "time"]);

    await area.locator(`.row[data-pid="${box.command}"]`).click();
    const panel = page.locator("aside");
    expect(await textOf(panel.locator("h2"))).toBe(`Process ${box.command}`);
    const text = await textOf(panel);
    expect(text).toContain(inodeOf(box.command, "mnt"));
    expect(text).toMatch(/no new privs\s*yes/);
    expect(text).toContain("In shortits ownids, mounts, processes, IPC, host name, cgroup treesharednetwork, clocks");
    expect(text).toMatch(/pids\s*\d+, 2/);
    expect(await page.locator(".row[aria-current]").getAttribute("data-pid")).toBe(String(box.command));

    await panel.getByRole("button", { name: inodeOf(box.command, "net") }).click();
    expect(await textOf(panel.locator("h2"))).toBe("Network namespace");
    expect(await textOf(panel)).toContain(`net:[${inodeOf("self", "net")}]`);
    expect(opened.errors).toEqual([]);
    expect(opened.requests).toEqual([`file://${dir.join("page.html")}`]);
  });

  test("marks what groups share: the same letter, and all who are in it when pointed at", async () => {
    using dir = tempDir();
    const graph = sampleGraph({ plain: 2, boxes: 3, each: 1 });
    const net = graph.processes.find(({ uid }) => uid === 1)?.namespaces.net ?? 0;
    // The second box joins the first one's network.
    const processes = graph.processes.map((process) =>
      process.uid === 2 ? { ...process, namespaces: { ...process.namespaces, net } } : process,
    );
    writeSample(dir.join("page.html"), { ...graph, processes });
    await using opened = await openPage(dir.join("page.html"));
    const shared = opened.page.locator(".card .cell.shared");
    expect(await shared.allTextContents()).toEqual(["netA", "netA"]);
    await shared.first().hover();
    expect(await opened.page.locator(".map.lit .card.in").count()).toBe(2);
    await opened.page.locator("h1").hover();
    expect(await opened.page.locator(".map.lit").count()).toBe(0);
  });

  test("a search leaves what it finds: by command, PID, user and namespace", async () => {
    using dir = tempDir();
    const graph = sampleGraph({ plain: 4, boxes: 4, each: 3 });
    const [found] = graph.processes.filter(({ uid }) => uid === 3);
    const processes = graph.processes.map((one) =>
      one.pid === found?.pid ? { ...one, command: "needle --in hay" } : one,
    );
    writeSample(dir.join("page.html"), { ...graph, processes });
    await using opened = await openPage(dir.join("page.html"));
    const { page } = opened;
    expect(await findCard(page, "NEEDLE hay")).toContain("needle --in hay");
    expect(await textOf(page.getByRole("status"))).toBe("1 of 16 processes");
    expect(await page.locator(".row:visible").count()).toBe(1);
    expect(await findCard(page, String(found?.namespaces.mnt))).toContain("needle");
    expect(await page.locator(".row:visible").count()).toBe(3);
    await page.keyboard.press("Escape");
    expect(await textOf(page.getByRole("status"))).toStartWith("16 processes in");
    expect(await page.locator(".card:visible").count()).toBe(5);
    await page.getByRole("searchbox").fill("nothing like it");
    expect(await page.locator(".card:visible").count()).toBe(0);
  });

  test("follows the light or dark scheme of who looks", async () => {
    using dir = tempDir();
    writeSample(dir.join("page.html"), sampleGraph({ plain: 1, boxes: 1, each: 1 }));
    const brightness = async (scheme: "light" | "dark"): Promise<readonly number[]> => {
      await using opened = await openPage(dir.join("page.html"), { scheme });
      const colors = await opened.page.evaluate(
        `[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]`,
      );
      // Two texts such as "rgb(1, 2, 3)".
      return (colors as readonly string[]).map((color) =>
        (color.match(/\d+/g) ?? [])
          .slice(0, 3)
          .map(Number)
          .reduce((a, b) => a + b),
      );
    };
    const [[lightPage = 0, lightInk = 0], [darkPage = 0, darkInk = 0]] = [
      await brightness("light"),
      await brightness("dark"),
    ];
    expect(lightPage).toBeGreaterThan(lightInk + 300);
    expect(darkInk).toBeGreaterThan(darkPage + 300);
  });

  test.each([
    ["</script><script>document.title='owned'</script>"],
    ["<!--<script>"],
    ["<img src=x onerror=document.title='owned'>"],
    ["\u2028]]>&lt;'\"`"],
  ])("shows a process named %p, and runs nothing of it", async (command) => {
    using dir = tempDir();
    const graph = sampleGraph({ plain: 1, boxes: 1, each: 1, command });
    const host = { ...graph, notes: [command] };
    writeSample(dir.join("page.html"), host, {
      1: { name: command, label: { value: command }, list: [command, { a: command }] },
    });
    await using opened = await openPage(dir.join("page.html"));
    await opened.page.locator('.row[data-pid="1"]').click();
    const text = await textOf(opened.page.locator("aside"));
    expect(text).toContain(command.replace("\u2028", "\\u{2028}"));
    expect(await opened.page.title()).toBe("Namespaces of sample");
    expect(await opened.page.locator("img").count()).toBe(0);
    expect(opened.errors).toEqual([]);
    expect(opened.requests).toHaveLength(1);
  });

  test("stays smooth with 2,000 processes in 300 namespaces", async () => {
    using dir = tempDir();
    writeSample(dir.join("page.html"), sampleGraph({ plain: 581, boxes: 43, each: 33 }));
    await using opened = await openPage(dir.join("page.html"));
    const { page } = opened;
    expect(await textOf(page.getByRole("status"))).toStartWith("2,000 processes in ");
    expect(await page.locator("*").count()).toBeLessThan(5000);
    // From a key to the frame that shows what it found, and from frame to frame while the map scrolls.
    const times = (await page.evaluate(`(async () => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const painted = async () => { await frame(); await frame(); };
      const input = document.querySelector("input");
      const keys = [];
      for (const text of ["s", "sl", "sle", "slee", "1", "19", "199", ""]) {
        const start = performance.now();
        input.value = text;
        input.dispatchEvent(new Event("input"));
        await painted();
        keys.push(performance.now() - start);
      }
      const map = document.querySelector(".map");
      const frames = [];
      let last = await frame();
      for (let y = 0; y < 60; y++) {
        map.scrollTop += 120;
        const now = await frame();
        frames.push(now - last);
        last = now;
      }
      return { keys, frames };
    })()`)) as { readonly keys: readonly number[]; readonly frames: readonly number[] }; // what the script returns
    const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
    console.log(`a key ${median(times.keys).toFixed(0)} ms, a frame ${median(times.frames).toFixed(1)} ms`);
    expect(median(times.keys)).toBeLessThan(150);
    expect(median(times.frames)).toBeLessThan(40);
    // More rows come only when asked for.
    const more = page.getByRole("button", { name: "575 more" });
    await more.click();
    expect(await page.locator(".card").first().locator(".row").count()).toBe(66);
  });

  test("- goes to stdout, and the file says itself that nothing else may be loaded", async () => {
    using dir = tempDir();
    const { stdout, exitCode } = await nsbox(["ls", "--html", "-"]);
    expect(exitCode).toBe(0);
    expect(stdout).toStartWith("<!doctype html>");
    expect(stdout).toContain(`content="default-src 'none'; script-src 'sha256-`);
    expect(stdout).not.toMatch(/(?:src|href)="(?!data:)/);
    const file = dir.join("page.html");
    await nsbox(["ls", "--html", file]);
    expect(statSync(file).size).toBeGreaterThan(20_000);
    expect(readFileSync(file, "utf8")).toEndWith("</html>\n");
  });
});

describeWith(["userns"], "nsbox ls --html FILE", () => {
  test("is one clear error where the file can't be written", async () => {
    const { stderr, exitCode } = await nsbox(["ls", "--html", "/proc/no/page.html"]);
    expect(stderr).toContain('nsbox: Cannot write the page to "/proc/no/page.html": ENOENT');
    expect(exitCode).toBe(125);
  });
});
