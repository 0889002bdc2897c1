// Many boxes alive at once: how fast they start, and what each costs beyond its command.
import { join } from "node:path";
import { availableParallelism } from "node:os";
import { compileWith } from "#scripts/bench/compiled.ts";
import { type Footprint, readAvailableKb, readBoxFootprint, readChildren } from "#scripts/bench/footprint.ts";
import { NAMES } from "#scripts/bench/names.ts";
import type { BenchContext, Part } from "#scripts/bench/part.ts";
import { NO_READY, openReadyBox, type ReadyBox } from "#scripts/bench/ready-box.ts";
import { summarize, type Target } from "#scripts/bench/stats.ts";

const LIMIT_KB = 50;
const FOREGROUND_LIMIT_KB = 32;
const COMMAND: readonly string[] = ["sh", "-c", "echo; exec sleep 1000"];
const WORDS: readonly string[] = ["run", "--", ...COMMAND];
const SETTLE_MS = 20_000;

/** Some boxes that run, until their block ends. */
export interface Crowd extends AsyncDisposable {
  readonly boxes: readonly { readonly outside?: number; readonly init: number }[];
}

/** One way to start a box. */
interface Way {
  readonly name: string;
  open(count: number): Promise<Crowd>;
  /** Throws where they were not started so. */
  readonly check?: () => void;
}

interface Alive {
  readonly name: string;
  readonly perSecond: number;
  readonly footprint: Footprint;
  /** Of the machine's memory, with the command and all that the kernel keeps for its namespaces. */
  readonly machineKb: number;
}

async function readyWay(nsbox: string, ready: ReadyBox): Promise<Way> {
  return {
    name: NAMES.ready,
    check: await makeReady(nsbox, ready),
    open: (count) => openForeground([nsbox, ...WORDS], count, ready.env),
  };
}

function ways(nsbox: string, temp: string): readonly Way[] {
  return [
    { name: NAMES.first, open: (count) => openForeground([nsbox, ...WORDS], count, { NSBOX_READY: "0" }) },
    { name: "nsbox run -d", open: (count) => openDetached(nsbox, join(temp, "alive"), count) },
    {
      name: "compiled box",
      open: (count) => openForeground([compileWith(nsbox, join(temp, "sleeping-box"), ["--", ...COMMAND])], count),
    },
  ];
}

/** As many of them at a time as there are processors. */
async function inTurns<T>(count: number, start: (n: number) => Promise<T>): Promise<readonly T[]> {
  const done: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) done.push(await start(next++));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return done;
}

const STREAMS = ["ignore", "pipe", "inherit"] as const;
const FOLDER = "/";

/** Boxes whose launchers are children of this process, and have these variables too. */
export async function openForeground(
  command: readonly string[],
  count: number,
  variables: Readonly<Record<string, string>> = {},
): Promise<Crowd> {
  const env = { ...process.env, ...variables };
  const children: Bun.Subprocess<"ignore", "pipe", "inherit">[] = [];
  const close = async (): Promise<void> => {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map(({ exited }) => exited));
  };
  try {
    await inTurns(count, async () => {
      const child = Bun.spawn([...command], { stdio: [...STREAMS], cwd: FOLDER, env });
      children.push(child);
      const reader = child.stdout.getReader();
      const { done } = await reader.read();
      await reader.cancel();
      if (done) throw new Error(`Cannot measure "${command.join(" ")}": it has ended`);
    });
  } catch (error) {
    await close();
    throw error;
  }
  const boxes = children.map(({ pid }) => ({ outside: pid, init: readChildren(pid)[0] ?? 0 }));
  return { boxes, [Symbol.asyncDispose]: close };
}

/** Runs it twice, with a script that ends: what stands behind the program's name is of no account. */
export async function makeReady(nsbox: string, { env: own, expectMade }: ReadyBox): Promise<() => void> {
  const env = { ...process.env, ...own };
  for (let time = 1; time <= 2; time++)
    await Bun.spawn([nsbox, "run", "--", "sh", "-c", "echo"], { stdio: [...STREAMS], cwd: FOLDER, env }).exited;
  return expectMade();
}

/** Boxes that live on, in a state folder of their own. */
async function openDetached(nsbox: string, folder: string, count: number): Promise<Crowd> {
  const env = { ...process.env, NSBOX_STATE_DIR: folder };
  const names: string[] = [];
  const run = async (args: readonly string[]): Promise<string> => {
    const child = Bun.spawn([nsbox, ...args], { env, cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    if (exitCode !== 0) throw new Error(`Cannot measure nsbox ${args[0]}: ${stderr.trim()}`);
    return stdout;
  };
  const close = async (): Promise<void> => {
    await inTurns(names.length, (n) => run(["rm", "-f", names[n] ?? ""]));
  };
  try {
    const boxes = await inTurns(count, async (n) => {
      names.push(`b${n}`);
      const { pid } = JSON.parse(await run(["run", "-d", "--name", `b${n}`, "--json", "--", ...COMMAND]));
      return { init: Number(pid) };
    });
    return { boxes, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What each costs once all have settled: a launcher is for a moment still what it was. */
async function settledFootprint({ boxes }: Crowd): Promise<Footprint> {
  const deadline = Date.now() + SETTLE_MS;
  for (let last = Number.POSITIVE_INFINITY; ;) {
    const footprints = boxes.map(readBoxFootprint);
    const rssKb = summarize(footprints.map((one) => one.rssKb)).p90;
    if (rssKb >= last || Date.now() > deadline) {
      const pssKb = footprints.reduce((sum, one) => sum + one.pssKb, 0) / footprints.length;
      return { rssKb: summarize(footprints.map((one) => one.rssKb)).median, pssKb };
    }
    last = rssKb;
    await Bun.sleep(500);
  }
}

async function measureWay({ name, open, check }: Way, count: number): Promise<Alive> {
  const before = readAvailableKb();
  const start = Bun.nanoseconds();
  await using crowd = await open(count);
  const seconds = (Bun.nanoseconds() - start) / 1e9;
  check?.();
  const footprint = await settledFootprint(crowd);
  return { name, perSecond: count / seconds, footprint, machineKb: (before - readAvailableKb()) / count };
}

export async function measureAlive(context: BenchContext): Promise<Part> {
  const count = context.boxes;
  const nsbox = join(context.root, "dist/nsbox");
  using ready = openReadyBox([nsbox, ...WORDS], join(context.temp, "alive-ready"), FOLDER);
  const first = NO_READY === undefined ? [await readyWay(nsbox, ready)] : [];
  const measured: Alive[] = [];
  for (const way of [...first, ...ways(nsbox, context.temp)]) measured.push(await measureWay(way, count));
  return {
    name: "alive",
    title: `${count} boxes alive at once`,
    explain:
      "Each sleeps. PSS and resident memory are of all that is there for a box besides its command: who waits for it outside, and its init. The last column is of the machine's memory, with the command and what the kernel keeps for namespaces and mounts.",
    table: [
      ["", "started a second", "PSS kB a box", "resident kB a box", "machine kB a box"],
      ...measured.map(({ name, perSecond, footprint, machineKb }) => [
        name,
        perSecond.toFixed(0),
        footprint.pssKb.toFixed(1),
        footprint.rssKb.toFixed(0),
        machineKb.toFixed(0),
      ]),
    ],
    notes: NO_READY === undefined ? [] : [`${NAMES.ready}: ${NO_READY}`],
    targets: measured.flatMap(aliveTargets),
    data: measured,
  };
}

function aliveTargets({ name, footprint }: Alive): readonly Target[] {
  const pss = { what: `PSS of ${name} / ${LIMIT_KB} kB`, ratio: footprint.pssKb / LIMIT_KB, limit: 1 };
  if (name !== NAMES.ready && name !== NAMES.first) return [pss];
  const resident = {
    what: `resident of ${name} / ${FOREGROUND_LIMIT_KB} kB`,
    ratio: footprint.rssKb / FOREGROUND_LIMIT_KB,
  };
  return [pss, { ...resident, limit: 1 }];
}
