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

function table(inside: readonly string[], outside: readonly string[]): string[] {
  const headings = [...QUESTIONS.map(([heading]) => heading), ...NAMESPACES.map((name) => `${name} namespace`)];
  const rows = headings.map((heading, index) => {
    const [here, there] = [inside[index] ?? "?", outside[index] ?? "?"];
    return [heading, here, there, here === there ? "same" : "isolated"];
  });
  return alignColumns([["", "in the box", "outside", ""], ...rows]);
}

function main(): void {
  if (!existsSync(NSBOX)) throw new Error('Cannot show the tour: dist/nsbox is missing; run "npm run build"');
  const shown = `id; ${Bun.which("ps") === null ? "ls -d /proc/[0-9]*" : "ps ax"}`;
  console.log(`$ dist/nsbox run -- sh -c '${shown}'`);
  Bun.spawnSync([NSBOX, "run", "--", "sh", "-c", shown], { stdio: ["ignore", "inherit", "inherit"] });
  console.log("\nThe same questions, asked in a box and outside:\n");
  console.log(table(answers([NSBOX, "run", "--"]), answers([])).join("\n"));
  console.log("\nNext: dist/nsbox run --help, dist/nsbox run -t -- bash, dist/nsbox inspect PID");
}

if (import.meta.main) main();
