// Bars as a picture that can be read on a light page and on a dark one. Pure.
import type { Bar, Chart } from "#scripts/bench/part.ts";

const WIDTH = 720;
const NAME_WIDTH = 230;
const VALUE_WIDTH = 70;
const ROW = 26;
const TITLE = 40;
const BAR = 16;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 14px }
  .bar { fill: #8c959f }
  .ours { fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .bar { fill: #6e7681 }
    .ours { fill: #3fb950 }
  }
`;

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function barRow({ name, value, ours }: Bar, largest: number, digits: number, y: number): string {
  const room = WIDTH - NAME_WIDTH - VALUE_WIDTH;
  const width = Math.max(1, Math.round((room * value) / largest));
  const middle = y + ROW / 2;
  return [
    `<text x="${NAME_WIDTH - 10}" y="${middle + 4}" text-anchor="end">${escapeXml(name)}</text>`,
    `<rect class="${ours ? "ours" : "bar"}" x="${NAME_WIDTH}" y="${middle - BAR / 2}" width="${width}" height="${BAR}" rx="2"/>`,
    `<text x="${NAME_WIDTH + width + 8}" y="${middle + 4}">${value.toFixed(digits)}</text>`,
  ].join("\n  ");
}

function group({ title, bars, digits }: Chart, top: number): string {
  const largest = Math.max(...bars.map(({ value }) => value));
  const rows = bars.map((bar, n) => barRow(bar, largest, digits, top + TITLE + n * ROW));
  return [`<text class="title" x="10" y="${top + 24}">${escapeXml(title)}</text>`, ...rows].join("\n  ");
}

/** All charts, one below the other, as an SVG file. */
export function drawCharts(charts: readonly Chart[]): string {
  let top = 0;
  const groups = charts.map((chart) => {
    const drawn = group(chart, top);
    top += TITLE + chart.bars.length * ROW + 10;
    return drawn;
  });
  const label = charts.map(({ title }) => title).join("; ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" aria-label="${escapeXml(label)}">
  <style>${STYLE}</style>
  ${groups.join("\n  ")}
</svg>
`;
}
