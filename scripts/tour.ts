// `npm start`, after the build: runs a command in a box and shows, beside the same outside, what isolates it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { alignColumns } from "#scripts/bench/stats.ts";

const ROOT: string = join(import.meta.dir, "..");
const NSBOX: string = join(ROOT, "dist/nsbox");

/** What is asked inside and outside alike: a heading, and a shell command that says it in one line. */
const QUESTIONS: readonly (readonly [heading: string, script: string])[] = [
  ["user id", "id -u"],
  ["host name", "cat /proc/sys/kernel/hostname"],
  ["own PID", "echo $$"],
  ["processes it sees", "ls -d /proc/[0-9]* | wc -l"],
  ["network devices", "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | paste -sd ' '"],
  ["mounts", "wc -l < /proc/self/mounts"],
  ["can write /etc", "test -w /etc && echo yes || echo no"],
  ["files in $HOME", "ls -A $HOME 2>/dev/null | wc -l"],
];

const NAMESPACES: readonly string[] = ["user", "mnt", "pid", "ipc", "uts", "net", "cgroup", "time"];

/** One line of answer for each question and namespace. */
const SCRIPT: string = [
  ...QUESTIONS.map(([, script]) => `{ ${script}; } 2>&1 | head -n 1`),
  ...NAMESPACES.map((name) => `readlink /proc/self/ns/${name} || echo -`),
].join("\n");

function answers(command: readonly string[]): string[] {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command, "sh", "-c", SCRIPT], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (exitCode !== 0) throw new Error(`Cannot show the tour: "${command.join(" ")}" ended with ${exitCode}\n${stderr}`);
  return stdout.toString().trimEnd().split("\n");
}

interface Row extends Record<string, string> {
  readonly question: string;
  readonly inside: string;
  readonly outside: string;
  readonly so: string;
}

/** A drawn table on a terminal, plain columns elsewhere: drawing loads a whole library. */
async function tableText(rows: readonly Row[]): Promise<string> {
  if (!process.stdout.isTTY) {
    return alignColumns([["", "in the box", "outside", ""], ...rows.map((row) => Object.values(row))]).join("\n");
  }
  const { makeTable } = await import("@oclif/table");
  const columns = [
    { key: "question" as const, name: " " },
    { key: "inside" as const, name: "in the box" },
    { key: "outside" as const, name: "outside" },
    { key: "so" as const, name: " " },
  ];
  return makeTable({ data: [...rows], columns, borderStyle: "outline" });
}

function compare(inside: readonly string[], outside: readonly string[]): readonly Row[] {
  const headings = [...QUESTIONS.map(([heading]) => heading), ...NAMESPACES.map((name) => `${name} namespace`)];
  return headings.map((question, index) => {
    const [here, there] = [inside[index] ?? "?", outside[index] ?? "?"];
    return { question, inside: here, outside: there, so: here === there ? "same" : "isolated" };
  });
}

async function main(): Promise<void> {
  if (!existsSync(NSBOX)) throw new Error('Cannot show the tour: dist/nsbox is missing; run "npm run build"');
  const shown = `id; ${Bun.which("ps") === null ? "ls -d /proc/[0-9]*" : "ps ax"}`;
  console.log(`$ dist/nsbox run -- sh -c '${shown}'`);
  Bun.spawnSync([NSBOX, "run", "--", "sh", "-c", shown], { stdio: ["ignore", "inherit", "inherit"] });
  console.log("\nThe same questions, asked in a box and outside:\n");
  console.log(await tableText(compare(answers([NSBOX, "run", "--"]), answers([]))));
  console.log("\nNext: dist/nsbox run --help, dist/nsbox run -t -- bash, dist/nsbox inspect PID");
}

if (import.meta.main) await main();
