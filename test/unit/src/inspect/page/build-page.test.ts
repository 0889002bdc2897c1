import { describe, expect, test } from "bun:test";
import { buildPage, embedJson, escapeHtml } from "#src/inspect/page/build-page.ts";
import { buildPageData } from "#src/inspect/page/build-page-data.ts";
import { sampleGraph } from "#test/support/sample-graph.ts";

const HOSTILE = "</script><!--<script>\"'&\u2028\0";

describe("embedJson()", () => {
  test("has nothing that ends a script element, and reads back as it was", () => {
    const text = embedJson({ [HOSTILE]: HOSTILE });
    expect(text).not.toContain("<");
    expect(JSON.parse(text)).toEqual({ [HOSTILE]: HOSTILE });
  });
});

describe("escapeHtml()", () => {
  test("leaves no markup", () => {
    expect(escapeHtml(`<b a="x">&`)).toBe("&lt;b a=&quot;x&quot;>&amp;");
  });
});

describe("buildPage()", () => {
  const graph = sampleGraph({ plain: 1, boxes: 1, each: 1, command: HOSTILE });
  const facts = { host: HOSTILE, takenAt: "2026-01-02T03:04:05Z", users: new Map(), details: { 1: HOSTILE } };
  const page = buildPage(buildPageData(graph, facts));

  test("has two scripts whatever processes are called: its data and its own", () => {
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script/g)).toHaveLength(2);
  });

  test("names its script and its style by what they are, and allows nothing else", () => {
    const hashOf = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("base64");
    const script = /<script type="module">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "";
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    expect(script.length).toBeGreaterThan(1000);
    expect(page).toContain(`script-src 'sha256-${hashOf(script)}'`);
    expect(page).toContain(`style-src 'sha256-${hashOf(style)}'`);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/unsafe|https?:/);
  });
});
