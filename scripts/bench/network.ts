// `npm run bench:net [-- --rounds N]`: what a bridge network costs, beside the same made by hand with ip(8). As root;
// everything happens in a network namespace of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { alignColumns, explainTarget, summarize, type Summary } from "#scripts/bench/stats.ts";

const NSBOX: string = join(import.meta.dir, "../../dist/nsbox");
const ROUNDS_DEFAULT = 40;
const WARM_UP_ROUNDS = 3;
const STREAM_SECONDS = 2;
const STREAM_ROUNDS = 5;
const TARGETS = { setUpMs: 5, throughput: 0.97 } as const;

/** A box's network by hand: `ip` once a command, as a script would have it. The namespace is there, as for nsbox. */
const BY_HAND = `ip link add hand0 type veth peer name eth0 netns "$1"
ip link set hand0 master hand-bridge up
nsenter -t "$1" -n sh -c 'ip addr add 10.9.0.2/24 dev eth0; ip addr add fd09::2/64 dev eth0 nodad; ip link set eth0 up
ip route add default via 10.9.0.1; ip route add default via fd09::1'
ip link del hand0`;

const HAND_BRIDGE =
  "ip link add hand-bridge type bridge; ip addr add 10.9.0.1/24 dev hand-bridge; ip link set hand-bridge up";

function run(command: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { stdio: ["ignore", "pipe", "pipe"] });
  if (exitCode !== 0) throw new Error(`Cannot measure "${command.join(" ")}": ${exitCode}, ${stderr.toString()}`);
  return stdout.toString();
}

function milliseconds(command: readonly string[]): number {
  const start = Bun.nanoseconds();
  run(command);
  return (Bun.nanoseconds() - start) / 1e6;
}

/** A B C A B C …: whatever slows the machine for a while slows all of them. */
function measure(commands: readonly (readonly string[])[], rounds: number): readonly Summary[] {
  const times = commands.map((): number[] => []);
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++)
    for (const [index, command] of commands.entries()) {
      const took = milliseconds(command);
      if (round >= 0) times[index]?.push(took);
    }
  return times.map(summarize);
}

async function setUp(rounds: number): Promise<void> {
  run(["sh", "-c", HAND_BRIDGE]);
  const target = Bun.spawn(["unshare", "--net", "sleep", "1000"], { stdio: ["ignore", "ignore", "ignore"] });
  try {
    await Bun.sleep(100); // until it has its namespace
    const [none, bridge, hand] = measure(
      [
        [NSBOX, "run", "--net", "none", "--", "true"],
        [NSBOX, "run", "--net", "bridge", "--", "true"],
        ["sh", "-c", BY_HAND, "sh", String(target.pid)],
      ],
      rounds,
    );
    const row = (name: string, { median, p10, p90 }: Summary): string[] => [
      name,
      median.toFixed(2),
      `${p10.toFixed(2)}–${p90.toFixed(2)}`,
    ];
    if (none === undefined || bridge === undefined || hand === undefined) return;
    const rows = [row("run --net none", none), row("run --net bridge", bridge), row("ip commands alone", hand)];
    console.log(alignColumns([["set-up", "median ms", "p10–p90"], ...rows]).join("\n"));
    const over = bridge.median - none.median;
    console.log(explainTarget({ what: "bridge over none, ms", ratio: over, limit: TARGETS.setUpMs }));
    console.log(explainTarget({ what: "bridge over none / ip commands", ratio: over / hand.median, limit: 1 }));
  } finally {
    target.kill("SIGKILL");
    await target.exited;
  }
}

/** Gbit/s of one TCP stream from one namespace to another; `enter` says how a command gets into each. */
async function stream(server: readonly string[], client: readonly string[], address: string): Promise<number> {
  const listening = Bun.spawn([...server, "iperf3", "--server", "--one-off", "--forceflush"], {
    stdout: "pipe",
    stderr: "ignore",
  });
  await listening.stdout.getReader().read();
  const text = run([...client, "iperf3", "--client", address, "--time", String(STREAM_SECONDS), "--json"]);
  await listening.exited;
  const { end } = JSON.parse(text) as { end: { sum_received: { bits_per_second: number } } }; // iperf3's own format
  return end.sum_received.bits_per_second / 1e9;
}

async function throughput(): Promise<void> {
  const spawned: Bun.Subprocess[] = [];
  const inNetns = (pid: number): string[] => ["nsenter", "-t", String(pid), "-n"];
  try {
    const hands = await Promise.all(
      [10, 11].map(async (n) => {
        const child = Bun.spawn(["unshare", "--net", "sleep", "1000"], { stdio: ["ignore", "ignore", "ignore"] });
        spawned.push(child);
        await Bun.sleep(100);
        run([
          "sh",
          "-c",
          `ip link add hand${n} type veth peer name eth0 netns ${child.pid}; ip link set hand${n} master hand-bridge up; nsenter -t ${child.pid} -n sh -c 'ip addr add 10.9.0.${n}/24 dev eth0; ip link set eth0 up'`,
        ]);
        return inNetns(child.pid);
      }),
    );
    for (const n of [20, 21]) {
      const flags = ["--net", "bridge", "--ip", `10.213.0.${n}`, "--name", `bench-${n}`];
      const child = Bun.spawn([NSBOX, "run", ...flags, "--", "sh", "-c", "echo ready; sleep 1000"], { stdout: "pipe" });
      spawned.push(child);
      await child.stdout.getReader().read();
    }
    const networks = JSON.parse(run([NSBOX, "net", "ls", "--json"])) as { boxes: { ip: string; pid: number }[] }[]; // our own format
    const boxes = networks.flatMap(({ boxes: list }) => list).map(({ pid }) => inNetns(pid));
    const [handServer = [], handClient = []] = hands;
    const [boxServer = [], boxClient = []] = boxes;
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < STREAM_ROUNDS; round++) {
      ours.push(await stream(boxServer, boxClient, "10.213.0.20"));
      theirs.push(await stream(handServer, handClient, "10.9.0.10"));
    }
    const [box, hand] = [summarize(ours), summarize(theirs)];
    console.log(`\none TCP stream, Gbit/s: boxes ${box.median.toFixed(1)}, by hand ${hand.median.toFixed(1)}`);
    console.log(
      explainTarget({ what: "by hand / boxes", ratio: hand.median / box.median, limit: 1 / TARGETS.throughput }),
    );
  } finally {
    for (const child of spawned) child.kill("SIGKILL");
    await Promise.all(spawned.map((child) => child.exited));
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: "string" }, inside: { type: "boolean" } } });
  const rounds = Number(values.rounds ?? ROUNDS_DEFAULT);
  if (values.inside !== true) {
    const state = mkdtempSync(join(tmpdir(), "nsbox-bench-"));
    try {
      const words = ["unshare", "--net", "--mount", "--propagation", "private", process.execPath, import.meta.path];
      const child = Bun.spawn([...words, "--inside", "--rounds", String(rounds)], {
        stdio: ["ignore", "inherit", "inherit"],
        env: { ...process.env, NSBOX_STATE_DIR: state },
        cwd: "/",
      });
      process.exitCode = await child.exited;
    } finally {
      rmSync(state, { recursive: true, force: true });
    }
    return;
  }
  run(["sh", "-c", "mount -t sysfs sysfs /sys; ip link set lo up"]);
  await setUp(rounds);
  if (Bun.which("iperf3") === null) console.log("left out: throughput: iperf3 is not installed");
  else await throughput();
}

if (import.meta.main) await main();
