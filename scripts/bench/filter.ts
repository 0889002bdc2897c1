// What a filter costs each system call: Podman's profile compiled by nsbox and by libseccomp, in the same loop.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type SyscallName, syscallNumber } from "#ffi/uapi/syscalls.ts";
import type { Absent } from "#scripts/bench/contestants.ts";
import type { BenchContext, Part } from "#scripts/bench/part.ts";
import { type Summary, summarize, type Target } from "#scripts/bench/stats.ts";
import { compilePolicy } from "#src/seccomp/compile.ts";
import { parseProfile } from "#src/seccomp/parse-profile.ts";
import { type Instruction, packProgram } from "#src/seccomp/program.ts";
import { resolveProfile } from "#src/seccomp/resolve-profile.ts";
import { DEFAULT_CAPABILITIES } from "#src/spec/defaults.ts";
import { libseccompRules, openLibseccomp, type RawProfile, retOf } from "#test/support/libseccomp.ts";

const PROFILE = "/usr/share/containers/seccomp.json";
const SOURCE: string = join(import.meta.dir, "filter.c");
const CALLS = 100_000;
const ROUNDS = 100;

/** getppid's verdict is constant, so that newer kernels cache it; personality's depends on its argument. */
const MEASURED: readonly (readonly [SyscallName, argument: number])[] = [
  ["getppid", 0],
  ["personality", 0xffff_ffff],
];

interface FilterCosts {
  readonly call: string;
  readonly none: Summary;
  readonly nsbox: Summary;
  readonly libseccomp: Summary;
}

/** Nanoseconds of each call under each filter; one after another in every round. */
function measureFilters(root: string): readonly FilterCosts[] | Absent {
  const name = "filters";
  if (Bun.which("gcc") === null) return { name, reason: "gcc is not installed" };
  if (!existsSync(PROFILE) || !existsSync("/usr/include/seccomp.h"))
    return { name, reason: "libseccomp-dev and golang-github-containers-common are not both installed" };
  const cache = join(root, "dist/bench");
  mkdirSync(cache, { recursive: true });
  const program = compile(join(cache, "filter"));
  const raw = JSON.parse(readFileSync(PROFILE, "utf8")) as RawProfile; // parseProfile() checks it
  const filters = {
    none: writeFilter(cache, "none", []),
    nsbox: writeFilter(cache, "nsbox", ownFilter(raw)),
    libseccomp: writeFilter(cache, "libseccomp", theirFilter(raw)),
  };
  return MEASURED.map(([call, argument]) => {
    const times = { none: [] as number[], nsbox: [] as number[], libseccomp: [] as number[] };
    for (let round = 0; round < ROUNDS; round++)
      for (const which of ["none", "nsbox", "libseccomp"] as const)
        times[which].push(
          nanoseconds([program, filters[which], String(CALLS), String(syscallNumber("x64", call)), String(argument)]),
        );
    const [none, nsbox, libseccomp] = [summarize(times.none), summarize(times.nsbox), summarize(times.libseccomp)];
    return { call, none, nsbox, libseccomp };
  });
}

function compile(output: string): string {
  const { exitCode, stderr } = Bun.spawnSync(["gcc", "-O2", "-Wall", "-Werror", "-o", output, SOURCE], {
    stderr: "pipe",
  });
  if (exitCode !== 0) throw new Error(`Cannot compile filter.c: ${stderr.toString().split("\n")[0]}`);
  return output;
}

function ownFilter(raw: RawProfile): readonly Instruction[] {
  const where = { arch: "x64", kernel: [6, 1], caps: DEFAULT_CAPABILITIES } as const;
  return compilePolicy(resolveProfile(parseProfile(raw, PROFILE), where)).program;
}

function theirFilter(raw: RawProfile): readonly Instruction[] {
  using libseccomp = openLibseccomp();
  return libseccomp.export(retOf(raw.defaultAction, raw.defaultErrnoRet), libseccompRules(raw, DEFAULT_CAPABILITIES));
}

function writeFilter(cache: string, name: string, program: readonly Instruction[]): string {
  const path = join(cache, `${name}.bpf`);
  writeFileSync(path, packProgram(program));
  return path;
}

function nanoseconds(command: readonly string[]): number {
  const { exitCode, stdout } = Bun.spawnSync([...command], { stdout: "pipe", stderr: "inherit" });
  if (exitCode !== 0) throw new Error(`Cannot measure "${command.join(" ")}": it ended with ${exitCode}`);
  return Number(stdout.toString());
}

/** The costs as a part of the report. */
export function measureFilterPart({ root }: BenchContext): Part {
  const part = { name: "filters", title: "What a filter costs each system call" };
  const costs = measureFilters(root);
  if ("reason" in costs)
    return { ...part, explain: "", table: [], notes: [`all of it: ${costs.reason}`], targets: [], data: null };
  const text = ({ median, p10, p90 }: Summary): string => `${median.toFixed(0)} (${p10.toFixed(0)}–${p90.toFixed(0)})`;
  const rows = costs.map(({ call, none, nsbox, libseccomp }) => [call, ...[none, nsbox, libseccomp].map(text)]);
  return {
    ...part,
    explain: `Podman's profile, compiled by nsbox and by libseccomp: nanoseconds a call, ${ROUNDS} rounds of ${CALLS} in turn.`,
    table: [["", "no filter", "nsbox", "libseccomp"], ...rows],
    notes: [],
    targets: filterTargets(costs),
    data: costs,
  };
}

/** Under our filter a call costs no more than under libseccomp's. */
function filterTargets(costs: readonly FilterCosts[]): readonly Target[] {
  return costs.map(({ call, nsbox, libseccomp }) => ({
    what: `filtered ${call}: nsbox / libseccomp`,
    // Of the rounds that nothing else disturbed, to a hundredth: a call takes less time than the noise of a machine.
    ratio: Math.round((nsbox.p10 / libseccomp.p10) * 100) / 100,
    limit: 1.0,
  }));
}
