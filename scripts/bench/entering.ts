// A command in a box that runs already: nsbox exec beside nsenter, which confines it by nothing.
import { join } from "node:path";
import type { BenchContext, Part } from "#scripts/bench/part.ts";
import { summarize } from "#scripts/bench/stats.ts";
import { openStopwatch } from "#scripts/bench/stopwatch.ts";

const NAME = "bench";

export function measureEntering({ root, temp, rounds }: BenchContext): Part {
  const nsbox = join(root, "dist/nsbox");
  const part = { name: "exec", title: "A command in a box that runs: /bin/true" };
  // The stopwatch hands its environment on.
  process.env["NSBOX_STATE_DIR"] = join(temp, "state");
  const started = Bun.spawnSync([nsbox, "run", "-d", "--name", NAME, "--json", "--", "sleep", "1000"], {
    stderr: "pipe",
  });
  try {
    if (started.exitCode !== 0) throw new Error(`Cannot measure nsbox exec: ${started.stderr.toString()}`);
    const pid = String(JSON.parse(started.stdout.toString()).pid);
    const commands = [
      [nsbox, "exec", NAME, "/bin/true"],
      ["nsenter", "-t", pid, "-U", "-m", "-p", "-i", "-u", "-n", "-C", "--preserve-credentials", "/bin/true"],
    ];
    const timed = commands.map((command) => ({ command }));
    const times = openStopwatch(root).time(timed, rounds);
    const [exec, nsenter] = [summarize(times[0]?.returned ?? []), summarize(times[1]?.returned ?? [])];
    const row = (name: string, { median, p10, p90 }: typeof exec): readonly string[] => [
      name,
      median.toFixed(2),
      `${p10.toFixed(2)}–${p90.toFixed(2)}`,
    ];
    return {
      ...part,
      explain: `${rounds} times each, in turn. nsbox exec confines the command as the box's own is confined; nsenter does not.`,
      table: [["", "median ms", "p10–p90"], row("nsbox exec", exec), row("nsenter", nsenter)],
      notes: [],
      targets: [],
      data: { exec, nsenter },
    };
  } finally {
    Bun.spawnSync([nsbox, "rm", "-f", NAME], { stdio: ["ignore", "ignore", "ignore"] });
    delete process.env["NSBOX_STATE_DIR"];
  }
}
