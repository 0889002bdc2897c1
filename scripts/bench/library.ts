// Boxes a second from a program: the library beside spawning bubblewrap for the same isolation, in turn, box by box.
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchContext, Part } from "#scripts/bench/part.ts";
import { type Summary, summarize, type Target } from "#scripts/bench/stats.ts";
import { box, run } from "#src/index.ts";
import { readBoxOptions } from "#src/library/box-options.ts";
import { type Decision, decide } from "#src/library/decide.ts";

const TRUE = "/bin/true";
const WARM_UP = 10;
const ROUNDS = 100;
const SIDE_BY_SIDE = 4;

/** One way to run /bin/true in a box of its own, with its output collected. */
interface Maker {
  readonly name: string;
  readonly ours: boolean;
  readonly make: () => Promise<void>;
}

const RUN = "library: run()";
const BOX = "library: box(), exec(), close()";
const SAME = "spawning bwrap, same isolation";

function check(exitCode: number, name: string): void {
  if (exitCode !== 0) throw new Error(`Cannot measure "${name}": it ended with ${exitCode}`);
}

const OURS: readonly Maker[] = [
  {
    name: RUN,
    ours: true,
    make: async () => check((await run([TRUE])).exitCode, RUN),
  },
  {
    name: BOX,
    ours: true,
    make: async () => {
      await using b = await box();
      check((await b.exec([TRUE])).exitCode, BOX);
    },
  },
];

/** Its flags for what a box of nsbox has when nothing is said: mounts, hidden and read-only paths, filter, namespaces. */
function bwrapFlags({ spec, facts }: Decision): readonly string[] {
  const { mounts, linux, process, hostname = "" } = spec;
  const there = (path: string): boolean => facts.paths[path] !== "missing";
  return [
    ...["--unshare-all", "--die-with-parent", "--new-session", "--hostname", hostname, "--clearenv"],
    ...process.env.flatMap((entry) => ["--setenv", ...entry.split(/=(.*)/s).slice(0, 2)]),
    ...["--ro-bind", "/", "/", "--dev", "/dev"],
    ...mounts.flatMap((mount): readonly string[] => {
      if (mount.type === "proc") return ["--proc", mount.destination];
      if (mount.type === "tmpfs") return ["--tmpfs", mount.destination];
      if (mount.type === "bind") return ["--ro-bind", mount.source, mount.destination];
      // It makes no file system of this kind; the host's, read-only, is the nearest.
      return mount.type === "sysfs" ? ["--ro-bind", "/sys", mount.destination] : [];
    }),
    ...linux.maskedPaths
      .filter(there)
      .flatMap((path) => (facts.paths[path] === "dir" ? ["--tmpfs", path] : ["--ro-bind", "/dev/null", path])),
    ...linux.readonlyPaths.filter(there).flatMap((path) => ["--ro-bind", path, path]),
    ...["--chdir", process.cwd, "--cap-drop", "ALL"],
    ...(facts.uid === 0 ? process.capabilities.bounding.flatMap((name) => ["--cap-add", name]) : []),
  ];
}

async function openBwrap({ temp }: BenchContext): Promise<readonly Maker[]> {
  if (Bun.which("bwrap") === null) return [];
  const decision = await decide(readBoxOptions({}), [TRUE]);
  const filter = join(temp, "filter");
  writeFileSync(filter, Uint8Array.fromBase64(decision.spec.linux.seccomp?.filter ?? ""));
  const plain = ["--unshare-all", "--ro-bind", "/", "/"];
  return [
    { name: SAME, ours: false, make: () => spawnBwrap(bwrapFlags(decision), filter) },
    { name: "spawning bwrap --unshare-all", ours: false, make: () => spawnBwrap(plain, undefined) },
  ];
}

async function spawnBwrap(flags: readonly string[], filter: string | undefined): Promise<void> {
  const fd = filter === undefined ? undefined : openSync(filter, "r");
  const seccomp = fd === undefined ? [] : ["--seccomp", "3"];
  const child = Bun.spawn(["bwrap", ...flags, ...seccomp, TRUE], {
    stdio: ["ignore", "pipe", "pipe", ...(fd === undefined ? [] : [fd])],
  });
  if (fd !== undefined) closeSync(fd);
  const [, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (exitCode !== 0) throw new Error(`Cannot measure bwrap: it ended with ${exitCode}: ${stderr}`);
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = Bun.nanoseconds();
  await work();
  return (Bun.nanoseconds() - start) / 1e6;
}

interface Row {
  readonly name: string;
  readonly ours: boolean;
  /** One box after another, and several at a time: milliseconds a box. */
  readonly alone: Summary;
  readonly together: Summary;
}

/** In turn; `width` boxes at a time. Milliseconds a box. */
async function measureTimes(makers: readonly Maker[], width: number): Promise<readonly Summary[]> {
  const times = makers.map((): number[] => []);
  for (let round = -WARM_UP; round < ROUNDS; round++)
    for (const [n, { make }] of makers.entries()) {
      const took = await milliseconds(() => Promise.all(Array.from({ length: width }, make)));
      if (round >= 0) times[n]?.push(took / width);
    }
  return times.map(summarize);
}

async function measure(makers: readonly Maker[]): Promise<readonly Row[]> {
  const alone = await measureTimes(makers, 1);
  const together = await measureTimes(makers, SIDE_BY_SIDE);
  const none = summarize([]);
  return makers.map(({ name, ours }, n) => ({ name, ours, alone: alone[n] ?? none, together: together[n] ?? none }));
}

function targetsOf(rows: readonly Row[]): readonly Target[] {
  const [ours, theirs] = [RUN, SAME].map((name) => rows.find((row) => row.name === name));
  if (ours === undefined || theirs === undefined) return [];
  const what = `${RUN} / ${SAME}`;
  return [
    { what: `${what}, one after another`, ratio: ours.alone.median / theirs.alone.median, limit: 0.5 },
    { what: `${what}, side by side`, ratio: ours.together.median / theirs.together.median, limit: 0.5 },
  ];
}

export async function measureLibrary(context: BenchContext): Promise<Part> {
  const bwrap = await openBwrap(context);
  const rows = await measure([...OURS, ...bwrap]);
  return {
    name: "library",
    title: "Boxes from a Bun program, by the library",
    explain: `${ROUNDS} boxes each, in turn, and as many times ${SIDE_BY_SIDE} side by side. Each runs /bin/true, whose output is collected.`,
    table: [
      ["", "median ms a box", "p10–p90", "boxes a second", `${SIDE_BY_SIDE} side by side`],
      ...rows.map(({ name, alone: { median, p10, p90 }, together }) => [
        name,
        median.toFixed(2),
        `${p10.toFixed(2)}–${p90.toFixed(2)}`,
        (1000 / median).toFixed(0),
        (1000 / together.median).toFixed(0),
      ]),
    ],
    notes: bwrap.length === 0 ? ["bwrap: it is not installed"] : [],
    targets: targetsOf(rows),
    chart: {
      title: "Boxes a second from a Bun program, output collected",
      digits: 0,
      bars: rows.map(({ name, ours, alone }) => ({ name, ours, value: 1000 / alone.median })),
    },
    data: rows,
  };
}
