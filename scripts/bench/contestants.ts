// Who is measured beside `nsbox run`: whole processes, each of which starts /bin/true in its own kind of box and waits for it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileLimit, compileWith } from "#scripts/bench/compiled.ts";
import { openLimit } from "#scripts/bench/limit.ts";
import { NAMES } from "#scripts/bench/names.ts";
import { writeBundle } from "#scripts/bench/oci-bundle.ts";
import type { Timed } from "#scripts/bench/stopwatch.ts";
import { compile } from "#scripts/build.ts";

/** A command that works on this machine. */
export interface Contestant extends Timed {
  readonly name: string;
}

/** One that is not measured, and why. */
export interface Absent {
  readonly name: string;
  readonly reason: string;
}

interface Candidate {
  readonly name: string;
  /** Tried in this order; the first that works is measured. */
  readonly commands: readonly (readonly string[])[];
}

const TRUE = "/bin/true";
/** What the command of bwrap below does not do: filter calls, Landlock, hide homes. */
const AS_OPEN: readonly string[] = ["--seccomp", "none", "--no-landlock", "--home", "ro"];

async function buildEmpty(cache: string): Promise<string> {
  const entry = join(cache, "empty.ts");
  writeFileSync(entry, "export {};\n");
  await compile(entry, join(cache, "empty"));
  return join(cache, "empty");
}

/** runc and crun may have no cgroup to write to; a box without one is then what is measured. */
function ociCandidates(bundle: string): Candidate[] {
  const id = `nsbox-bench-${process.pid}`;
  const state = (name: string): string[] => ["--root", join(bundle, `state-${name}`)];
  const run = ["run", "--bundle", bundle, id];
  return [
    {
      name: NAMES.runc,
      commands: [
        ["runc", ...state("runc"), ...run],
        ["runc", ...state("runc"), "--rootless=true", ...run],
      ],
    },
    {
      name: NAMES.crun,
      commands: [
        ["crun", ...state("crun"), ...run],
        ["crun", ...state("crun"), "--cgroup-manager=disabled", ...run],
      ],
    },
  ];
}

/** The first command of a candidate that ends with 0, or why none does. */
function probe({ name, commands }: Candidate): Contestant | Absent {
  let reason = "";
  for (const command of commands) {
    const [tool = ""] = command;
    if (Bun.which(tool) === null) return { name, reason: `${tool} is not installed` };
    const { exitCode, stderr } = Bun.spawnSync([...command], { stdio: ["ignore", "ignore", "pipe"], timeout: 20_000 });
    if (exitCode === 0) return { name, command };
    const firstLine = stderr.toString().trim().split("\n")[0] ?? "";
    reason ||= firstLine === "" ? `ended with ${exitCode}` : firstLine;
  }
  return { name, reason };
}

/** Build and try everyone but `nsbox run`, see runs.ts; `cache` is below dist, `temp` goes away afterwards. */
export async function openContestants(root: string, temp: string): Promise<(Contestant | Absent)[]> {
  const cache = join(root, "dist/bench");
  mkdirSync(cache, { recursive: true });
  mkdirSync(temp, { recursive: true });
  const nsbox = join(root, "dist/nsbox");
  const candidates: Candidate[] = [
    { name: NAMES.empty, commands: [[await buildEmpty(cache)]] },
    { name: NAMES.inspect, commands: [[nsbox, "inspect", String(process.pid)]] },
    { name: NAMES.compiled, commands: [[compileWith(nsbox, join(cache, "box"), ["--", TRUE])]] },
    { name: NAMES.compiledOpen, commands: [[compileWith(nsbox, join(cache, "open-box"), [...AS_OPEN, "--", TRUE])]] },
    { name: NAMES.compiledLimit, commands: [[compileLimit(cache)]] },
    { name: NAMES.limit, commands: [openLimit(root)?.once ?? ["gcc"]] },
    {
      name: NAMES.bwrap,
      commands: [["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", TRUE]],
    },
    { name: NAMES.unshare, commands: [["unshare", "-Urmpfinu", "-C", "--mount-proc", TRUE]] },
    { name: NAMES.firejail, commands: [["firejail", "--noprofile", "--quiet", TRUE]] },
  ];
  const found = candidates.map(probe);
  try {
    writeBundle(temp, process.getuid?.() === 0);
    return [...found, ...ociCandidates(temp).map(probe)];
  } catch (error) {
    const reason = `no bundle to run: ${error instanceof Error ? error.message : String(error)}`;
    return [...found, ...ociCandidates(temp).map(({ name }) => ({ name, reason }))];
  }
}
