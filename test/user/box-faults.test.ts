// Boxes that live on when something goes wrong: nsbox killed at any moment, many at once, a full disk.
import { afterAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { isAlive, namespaceOf } from "#test/support/box.ts";
import { type BoxState, openBoxState, type SeenBox } from "#test/support/box-state.ts";
import { describeWith } from "#test/support/needs.ts";
import { NSBOX, runCommand, startNsbox, tempDir, waitFor } from "#test/support/nsbox.ts";

/** Of each of three commands, so that there are 500 in all; more with NSBOX_KILL_ROUNDS. */
const ROUNDS = Number(process.env["NSBOX_KILL_ROUNDS"] ?? "170");
/** Longer than any of the commands takes on a machine with nothing else to do. */
const MOMENT_MS = 60;

/** Every process that has a file of this state folder open: inits with their status files, commands with their logs. */
function holders(folder: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isAlive(pid) && openPaths(pid).some((path) => path.startsWith(folder)));
}

function openPaths(pid: number): readonly string[] {
  const links = (): readonly string[] =>
    readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  try {
    return links();
  } catch (error) {
    if (error instanceof Error && "code" in error) return [];
    throw error;
  }
}

async function listBoxes(boxes: BoxState): Promise<readonly SeenBox[]> {
  return JSON.parse((await boxes.nsbox(["ps", "-a", "--json"])).stdout);
}

/** Nothing runs that nobody knows, and nothing that is said to run does not. */
async function expectTruth(boxes: BoxState): Promise<void> {
  await waitFor(async () => {
    const running = (await listBoxes(boxes)).flatMap(({ pid }) => pid ?? []);
    if (!running.every(isAlive)) return false;
    const namespaces = running.map((pid) => namespaceOf(pid, "pid"));
    return holders(boxes.folder).every((pid) => namespaces.includes(namespaceOf(pid, "pid")));
  }, "every process to be that of a box which is known");
  const left = readdirSync(`${boxes.folder}/boxes`).filter((name) => name.startsWith("."));
  expect(left).toEqual([]);
}

async function killAtRandom(boxes: BoxState, args: readonly string[], momentMs = MOMENT_MS): Promise<void> {
  const child = startNsbox(args, { env: boxes.env, cwd: "/" });
  await Bun.sleep(Math.random() * momentMs);
  child.kill("SIGKILL");
  await child.exited;
}

describeWith(["userns"], "boxes that live on, when nsbox is killed at a random moment", () => {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8");

  test("of run -d: the box is there and known, or it is not there", async () => {
    await using boxes = openBoxState();
    await boxes.start("first", "sleep 1000");
    const run = (n: number): readonly string[] => ["run", "-d", "--name", `b${n}`, "--", "sleep", "1000"];
    let rounds = 0;
    while (rounds < ROUNDS) await killAtRandom(boxes, run(rounds++));
    // Some were killed before, and some after the box was made, or the moments prove nothing; a busy machine needs longer.
    for (let ms = MOMENT_MS; (await listBoxes(boxes)).length < 2; ms *= 2) await killAtRandom(boxes, run(rounds++), ms);
    await expectTruth(boxes);
    const names = (await listBoxes(boxes)).map(({ name }) => name);
    expect(names.length).toBeLessThan(rounds + 1);
    await boxes.nsbox(["rm", "-f", ...names]);
    await waitFor(() => holders(boxes.folder).length === 0, "every box to be gone");
  });

  test("of exec: what it started ends, and the box lives on", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", "sleep 1000");
    for (let n = 0; n < ROUNDS; n++) await killAtRandom(boxes, ["exec", "a", "sleep", "1001"]);
    expect(isAlive(init)).toBe(true);
    await waitFor(async () => !(await boxes.nsbox(["top", "a"])).stdout.includes("sleep 1001"), "the commands to end");
    await expectTruth(boxes);
  });

  test("of rm: the box is there as it was, or gone as a whole", async () => {
    await using boxes = openBoxState();
    await boxes.start("first", "sleep 1000");
    for (let n = 0; n < ROUNDS; n++) {
      await boxes.start(`b${n}`, "sleep 1000");
      await killAtRandom(boxes, ["rm", "-f", `b${n}`]);
    }
    await expectTruth(boxes);
  });

  afterAll(() => {
    expect(readFileSync("/proc/self/mountinfo", "utf8")).toBe(mounts);
  });
});

describeWith(["userns"], "many at once", () => {
  test("two hundred boxes are started at once, each is known, and each writes down how it ended", async () => {
    await using boxes = openBoxState();
    const names = Array.from({ length: 200 }, (_, n) => `b${n}`);
    // By then the first have ended, and others may have their PIDs.
    await Promise.all(names.map((name, n) => boxes.start(name, `exit ${n % 50}`)));
    expect((await listBoxes(boxes)).map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    const codes = (await boxes.nsbox(["wait", ...names])).stdout.trim().split("\n").map(Number);
    expect(codes).toEqual(names.map((_, n) => n % 50));
    expect((await boxes.nsbox(["prune"])).stdout.trim().split("\n")).toHaveLength(200);
  }, 120_000);

  test("of fifty that want one name, one gets it, and of the others nothing stays", async () => {
    await using boxes = openBoxState();
    const command = ["run", "-d", "--name", "one", "--", "sleep", "1000"];
    const results = await Promise.all(Array.from({ length: 50 }, () => boxes.nsbox(command, { cwd: "/" })));
    expect(results.filter(({ exitCode }) => exitCode === 0)).toHaveLength(1);
    for (const { stderr, exitCode } of results.filter((result) => result.exitCode !== 0)) {
      expect(stderr).toContain('Cannot call the box "one": there is one of this name');
      expect(exitCode).toBe(125);
    }
    await expectTruth(boxes);
    expect(await listBoxes(boxes)).toHaveLength(1);
  });

  test("fifty commands on the same boxes neither break nor lie", async () => {
    await using boxes = openBoxState();
    const commands = Array.from({ length: 50 }, (_, n): readonly string[] => {
      const name = `b${n % 5}`;
      return (
        [
          ["run", "-d", "--name", name, "--", "sleep", "1000"],
          ["rm", "-f", name],
          ["ps", "-a"],
          ["stop", "--time", "1s", name],
          ["rename", name, `c${n}`],
        ][(n % 7) % 5] ?? ["ps"]
      );
    });
    const results = await Promise.all(commands.map((command) => boxes.nsbox(command, { cwd: "/" })));
    for (const { stderr } of results) expect(stderr).not.toContain("please report this as a bug");
    await expectTruth(boxes);
  });
});

/** Runs a script in which $1 is a folder on a small disk: only a user namespace lets everybody mount one. */
async function onSmallDisk(script: string) {
  using dir = tempDir();
  const whole = `
    export NSBOX_STATE_DIR="$1/state"
    mount -t tmpfs -o size=1m tmpfs "$1" || exit 99
    run() { "$0" run -d --uid-map 0:0:1 "$@"; }
    ${script}`;
  return await runCommand(["unshare", "-Urm", "sh", "-c", whole, NSBOX, dir.path], { cwd: "/" });
}

describeWith(["userns"], "a full disk", () => {
  test("ends no box and fails none of its writes; the log says that something is missing", async () => {
    const { stdout, stderr } = await onSmallDisk(`
      head -c 600000 /dev/zero >"$1/filler"
      mkfifo "$1/go"
      run --rw "$1/go:/tmp/go" --name a -- sh -c '
        echo first; yes | head -c 4000000; echo "all written: $?" >/tmp/go; read go </tmp/go; echo last; exit 7' || exit 98
      cat <"$1/go"
      df --output=avail "$1" | tail -n 1
      rm "$1/filler"
      echo go >"$1/go"
      "$0" wait a
      "$0" logs a | uniq -c | sed "s/^ *//"`);
    const [name, written, free, code, first, filler = "", ...rest] = stdout.split("\n");
    expect({ stderr, stdout: [name, written, free?.trim(), code, first, rest] }).toEqual({
      stderr: "nsbox: note: output is missing here: there was no room for it on the disk of the log\n",
      stdout: ["a", "all written: 0", "0", "7", "1 first", ["1 last", ""]],
    });
    expect(filler).toMatch(/^\d{5,6} y$/);
  });

  test("fails the command's own write where its log is a file of the caller's, and how it ended is written down", async () => {
    const { stdout, stderr } = await onSmallDisk(`
      run --log "$1/log" --name a -- sh -c 'head -c 4000000 /dev/zero; exit 7' || exit 98
      "$0" wait a
      "$0" ps -a --json | grep -o '"exitCode": 7'
      run --name b -- true || echo refused
      ls -A "$1/state/boxes"
      "$0" rm a && "$0" ps -aq`);
    expect({ stdout, stderr }).toMatchObject({ stdout: 'a\n7\n"exitCode": 7\nrefused\na\na\n' });
    expect(stderr).toMatch(
      /^nsbox: Cannot put a box into .*: ENOSPC \(No space left on device\)\n {2}hint {2}make room there/,
    );
  });
});
