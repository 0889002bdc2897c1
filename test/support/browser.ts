// A real browser without a window, for tests of pages. Whatever a page asks for besides itself is noted.
import { type Browser, chromium, type Locator, type Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

// Its own sandbox needs rights that tests may lack, and what it opens here is ours. The rest keeps it from the network.
const FLAGS: readonly string[] = [
  ...["--no-sandbox", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Addresses that were asked for, the page's own first. */
  readonly requests: readonly string[];
  /** Errors of scripts, and what the policy refused. */
  readonly errors: readonly string[];
}

export interface PageOptions {
  readonly scheme?: "light" | "dark";
}

/** Open a file in a browser of its own. */
export async function openPage(path: string, { scheme = "light" }: PageOptions = {}): Promise<OpenPage> {
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS] });
  const page = await browser.newPage({ colorScheme: scheme, viewport: { width: 1400, height: 900 } });
  const [requests, errors]: [string[], string[]] = [[], []];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(`file://${path}`);
  return { page, requests, errors, [Symbol.asyncDispose]: () => browser.close() };
}

/** All the text of what a locator finds. */
export async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? "";
}
