// `npm test`: builds, runs every group of tests, and ends with one line of totals. Exits 1 if anything failed.
// A group that ran nothing, a file that gave no result and a bun that crashed are failures, never silence.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FailureLines } from "#scripts/failures.ts";
import { explainTotals, parseJunit, type Totals } from "#scripts/junit.ts";
import { openUnprivileged } from "#scripts/unprivileged.ts";

const ROOT: string = join(import.meta.dir, "..");
const isRoot: boolean = process.getuid?.() === 0;

/** Real boxes are slower than unit tests, and a hang must still end: one test, and a whole group. */
const TEST_TIMEOUT_MS = 60_000;
const GROUP_TIMEOUT_MS: number = 30 * 60_000;
const STDERR_GRACE_MS = 2000;

/** More than these failures have one cause, and each is in the output above. */
const FAILURES_SHOWN = 10;

/**
 * Groups in the order in which they run. `as` says who runs them; system tests share the machine, so nothing is parallel.
 * Those of `user` are last: the kernel is still busy with the network namespaces of thousands of boxes for a while.
 */
const GROUPS: readonly Group[] = [
  { folder: "test/unit", as: "caller", args: ["--randomize", "--only-failures"] },
  { folder: "test/root", as: "root", args: [] },
  { folder: "test/attack", as: "both", args: [] },
  { folder: "test/user", as: "both", args: [] },
];

interface Group {
  readonly folder: string;
  readonly as: "caller" | "root" | "both";
  readonly args: readonly string[];
}

interface Run {
  readonly title: string;
  readonly folder: string;
  readonly root: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly reports: string;
}

/** A group by name, and the test files from which results are expected. */
export interface JudgedGroup {
  readonly title: string;
  readonly files: readonly string[];
}

interface Outcome extends Totals {
  readonly title: string;
  readonly failedNames: readonly string[];
  readonly skippedNames: readonly string[];
  /** What went wrong outside of any test. */
  readonly problems: readonly string[];
}

/** An outcome with what bun said about each failed test. */
interface ToldOutcome extends Outcome {
  readonly failures: readonly string[];
}

function testFiles(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return [...new Bun.Glob("**/*.test.ts").scanSync(join(root, folder))].map((file) => `${folder}/${file}`);
}

/** What one report and one exit code come to; every trouble that is not a failed test counts as a failure of its own. */
export function judge(group: JudgedGroup, xml: string | undefined, ending: string): Outcome {
  const { title, files } = group;
  const none = { passed: 0, failed: 0, skipped: 0, failedNames: [], skippedNames: [], files: [] };
  const problems: string[] = [];
  let report = none as ReturnType<typeof parseJunit>; // widens the empty lists of `none`
  if (xml === undefined) problems.push(`${title}: bun wrote no report (${ending})`);
  else report = parseJunit(xml);
  const silent = files.filter((file) => !report.files.includes(file));
  if (xml !== undefined) problems.push(...silent.map((file) => `${title}: ${file} gave no result`));
  if (xml !== undefined && report.passed + report.failed === 0) problems.push(`${title}: no test ran`);
  if (ending !== "exit code 0" && report.failed + problems.length === 0)
    problems.push(`${title}: bun ended with ${ending}`);
  return { ...report, title, failed: report.failed + problems.length, problems };
}

interface Reader {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
}

/** Passes a stream on as it comes, and gives its lines to `take`. */
async function passOn(reader: Reader, take: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for (let { value } = await reader.read(); value !== undefined; { value } = await reader.read()) {
    process.stderr.write(value);
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  }
}

async function runGroup(run: Run): Promise<ToldOutcome> {
  console.log(`\n── ${run.title}`);
  const reportFile = join(run.reports, `${run.title.replaceAll(/\W+/g, "-")}.xml`);
  const child = Bun.spawn(
    [
      ...run.command,
      `--timeout=${TEST_TIMEOUT_MS}`,
      "--reporter=junit",
      `--reporter-outfile=${reportFile}`,
      `./${run.folder}`,
    ],
    {
      cwd: run.root,
      env: { ...run.env, ...(process.stderr.isTTY ? { FORCE_COLOR: "1" } : {}) },
      stdio: ["ignore", "inherit", "pipe"],
      timeout: GROUP_TIMEOUT_MS,
      killSignal: "SIGKILL",
    },
  );
  const told = new FailureLines();
  const reader = child.stderr.getReader();
  const output = passOn(reader, (line) => told.take(line));
  const code = await child.exited;
  // What a test left running may hold the other end for good; it has nothing to say that is waited for.
  await Promise.race([output, Bun.sleep(STDERR_GRACE_MS)]);
  await reader.cancel();
  const ending = child.signalCode === null ? `exit code ${code}` : `signal ${child.signalCode}`;
  const xml = existsSync(reportFile) ? readFileSync(reportFile, "utf8") : undefined;
  const outcome = judge({ title: run.title, files: testFiles(run.root, run.folder) }, xml, ending);
  return { ...outcome, failures: told.failures };
}

/** Needs of the other actor are not asked of this one: root's tests skip for a user, and the reverse. */
function mustFor(actor: "root" | "user"): string | undefined {
  const must = process.env["NSBOX_TEST_MUST"];
  const other = actor === "root" ? "unprivileged" : "root";
  return must
    ?.split(",")
    .filter((need) => need.trim() !== other)
    .join(",");
}

async function runAsCaller(group: Group, reports: string): Promise<ToldOutcome> {
  const env = { ...process.env, NSBOX_TEST_MUST: mustFor(isRoot ? "root" : "user") };
  const title = `${group.folder}${isRoot ? " as root" : ""}`;
  return runGroup({
    title,
    folder: group.folder,
    root: ROOT,
    command: [process.execPath, "test", ...group.args],
    env,
    reports,
  });
}

async function runAsUser(group: Group): Promise<ToldOutcome> {
  using user = openUnprivileged(ROOT);
  const passed = ["CI", "TERM", "NO_COLOR", "FORCE_COLOR"].map((name) => [name, process.env[name]] as const);
  // Not without await: the home must not go before the group has ended.
  return await runGroup({
    title: `${group.folder} as user ${user.env["USER"]}`,
    folder: group.folder,
    root: user.root,
    command: [...user.command, "test", ...group.args],
    env: { ...Object.fromEntries(passed), NSBOX_TEST_MUST: mustFor("user"), ...user.env },
    reports: user.home,
  });
}

async function runAll(reports: string): Promise<ToldOutcome[]> {
  const outcomes: ToldOutcome[] = [];
  for (const group of GROUPS) {
    if (testFiles(ROOT, group.folder).length === 0) continue;
    if (group.as === "root" && !isRoot) {
      console.log(`\n── ${group.folder} left out: it needs root`);
      continue;
    }
    outcomes.push(await runAsCaller(group, reports));
    if (group.as === "both" && isRoot) outcomes.push(await runAsUser(group));
  }
  return outcomes;
}

function printOutcomes(outcomes: readonly ToldOutcome[]): void {
  console.log("");
  for (const outcome of outcomes) console.log(`${outcome.title}: ${explainTotals(outcome)}`);
  for (const { title, skippedNames } of outcomes)
    for (const name of skippedNames) console.log(`skipped  ${title}: ${name}`);
  const failures = outcomes.flatMap((outcome) => outcome.failures);
  for (const failure of failures.slice(0, FAILURES_SHOWN)) console.log(`\n${failure}`);
  for (const { title, failedNames } of outcomes)
    for (const name of failedNames) console.log(`FAILED  ${title}: ${name}`);
  for (const problem of outcomes.flatMap((outcome) => outcome.problems)) console.log(`FAILED  ${problem}`);
}

function sum(outcomes: readonly Totals[]): Totals {
  const add = (key: keyof Totals): number => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  return { passed: add("passed"), failed: add("failed"), skipped: add("skipped") };
}

async function main(): Promise<void> {
  const reports = mkdtempSync(join(tmpdir(), "nsbox-reports-"));
  let totals: Totals = { passed: 0, failed: 1, skipped: 0 };
  try {
    const build = Bun.spawnSync([process.execPath, "scripts/build.ts"], {
      cwd: ROOT,
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (build.exitCode !== 0) throw new Error("Cannot test: the build failed");
    const outcomes = await runAll(reports);
    if (outcomes.length === 0) throw new Error("Cannot test: there are no tests");
    printOutcomes(outcomes);
    totals = sum(outcomes);
  } catch (error) {
    // Whatever ends the run early, the last line still tells the truth: something failed.
    console.log(`FAILED  ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
  console.log(explainTotals(totals));
  process.exitCode = totals.failed === 0 ? 0 : 1;
}

if (import.meta.main) await main();
