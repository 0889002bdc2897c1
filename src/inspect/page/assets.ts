// What the page is made of besides its data. Called while nsbox is built, as a macro: the executable holds the results.
import { readFileSync } from "node:fs";

const FOLDER: string = import.meta.dir;

/** The page's script, bundled. */
export function pageScript(): string {
  const command = [process.execPath, "build", `${FOLDER}/client/main.ts`, "--minify", "--target=browser"];
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { stdio: ["ignore", "pipe", "pipe"], env: process.env });
  if (exitCode !== 0) throw new Error(`Cannot bundle the page's script: ${stderr.toString()}`);
  return stdout.toString().trim();
}

/** The page's style sheet. */
export function pageStyle(): string {
  return readFileSync(`${FOLDER}/client/page.css`, "utf8").trim();
}
