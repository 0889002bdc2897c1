// PageData → one HTML file that needs nothing else, and that may reach nothing else: its policy names its own script and
// style by their hashes and allows no other source.
import { pageScript, pageStyle } from "./assets.ts" with { type: "macro" };
import type { PageData } from "./page-data.ts";

const SCRIPT: string = pageScript();
const STYLE: string = pageStyle();

const hashOf = (text: string): string => `'sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}'`;

/** The whole page. Whatever the data holds, it stays data. */
export function buildPage(data: PageData): string {
  const policy = `default-src 'none'; script-src ${hashOf(SCRIPT)}; style-src ${hashOf(STYLE)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>Namespaces of ${escapeHtml(data.host)}</title>
<style>${STYLE}</style>
</head>
<body>
<noscript>This page draws itself with JavaScript, all of which is inside it; nsbox ls --tree needs none.</noscript>
<script type="application/json" id="data">${embedJson(data)}</script>
<script type="module">${SCRIPT}</script>
</body>
</html>
`;
}

/** SECURITY: in a script element only "<" can end the element or begin a comment; JSON has it in texts alone. */
export function embedJson(data: unknown): string {
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

/** Text as the content of an element. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
