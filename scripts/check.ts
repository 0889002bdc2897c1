// `npm run check`: format, types, lint and unit tests. Every step runs, so one call shows all there is to mend.
import { join } from "node:path";

const ROOT: string = join(import.meta.dir, "..");
const BUN: string = process.execPath;

interface Step {
  readonly title: string;
  readonly command: readonly string[];
  readonly mend: string;
}

const STEPS: readonly Step[] = [
  { title: "format", command: [BUN, "fmt", "--check"], mend: "npx bun fmt" },
  { title: "types", command: [BUN, "check", "--no-script"], mend: "npx bun check --no-script" },
  {
    title: "types of the page",
    command: [BUN, "check", "--no-script", "-p", "src/inspect/page/client"],
    mend: "npx bun check --no-script -p src/inspect/page/client",
  },
  {
    title: "lint",
    command: [join(ROOT, "node_modules/.bin/biome"), "lint", "--error-on-warnings"],
    mend: "npx biome lint --error-on-warnings",
  },
  {
    title: "unit tests",
    command: [BUN, "test", "--timeout=60000", "--randomize", "--only-failures", "./test/unit"],
    mend: "npx bun test ./test/unit",
  },
];

const failed: Step[] = [];
for (const step of STEPS) {
  console.log(`── ${step.title}`);
  const { exitCode } = Bun.spawnSync([...step.command], { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  if (exitCode !== 0) failed.push(step);
}
console.log("");
for (const step of failed) console.log(`FAILED  ${step.title}; to see it alone: ${step.mend}`);
console.log(failed.length === 0 ? "check: all is well" : `check: ${failed.length} of ${STEPS.length} steps failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
