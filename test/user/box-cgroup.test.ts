// Boxes that live on in cgroups of their own: where cgroup v2 is all that there is, and the caller may make cgroups.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { isAlive } from "#test/support/box.ts";
import { openBoxState } from "#test/support/box-state.ts";
import { describeWith } from "#test/support/needs.ts";
import { startNsbox, waitFor } from "#test/support/nsbox.ts";

const FOREVER = "while :; do sleep 0.02; done";

function cgroupOf(pid: number | "self"): string {
  return `/sys/fs/cgroup${/^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[1]}`;
}

/** Cgroups that boxes have left, or have, beside ours. */
function boxCgroups(): readonly string[] {
  return readdirSync(dirname(cgroupOf("self"))).filter((name) => name.startsWith("nsbox-"));
}

function processesIn(cgroup: string): readonly number[] {
  return readFileSync(`${cgroup}/cgroup.procs`, "utf8").trim().split("\n").map(Number);
}

describeWith(["userns", "own-cgroup"], "a box that lives on, where cgroups can be made", () => {
  test("has a cgroup of its own beside the caller's, and sees it as the root", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", "cat /proc/self/cgroup; sleep 1000");
    const cgroup = cgroupOf(init);
    expect(cgroup).toStartWith(`${dirname(cgroupOf("self"))}/nsbox-a-`);
    await waitFor(() => boxes.log("a") === "0::/\n", "what it sees");
    expect(processesIn(cgroup)).toContain(init);
    await boxes.nsbox(["rm", "-f", "a"]);
    expect(existsSync(cgroup)).toBe(false);
  });

  test("its cgroup goes with the next command once it has ended, and where it can't be started", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "true");
    await boxes.nsbox(["wait", "a"]);
    await boxes.nsbox(["run", "-d", "--", "/no/such"]);
    await waitFor(async () => (await boxes.nsbox(["ps", "-a"])).exitCode === 0 && boxCgroups().length === 0, "its end");
  });

  test("nothing stays where nsbox is killed at any moment", async () => {
    await using boxes = openBoxState();
    await boxes.start("first", "sleep 1000");
    for (let delay = 0; delay < 60; delay += 2) {
      const child = startNsbox(["run", "-d", "--", "sleep", "1000"], { env: boxes.env });
      await Bun.sleep(delay);
      child.kill("SIGKILL");
      await child.exited;
    }
    const running = async () => JSON.parse((await boxes.nsbox(["ps", "--json"])).stdout).length;
    await waitFor(async () => boxCgroups().length === (await running()), "a cgroup for each box that lives");
    const names = (await boxes.nsbox(["ps", "-q"])).stdout.trim().split("\n");
    await boxes.nsbox(["rm", "-f", ...names]);
    expect(boxCgroups()).toEqual([]);
  });

  test("pause freezes it as a whole, unseen from inside; resume lets it go on", async () => {
    await using boxes = openBoxState();
    const script = `trap 'echo went on' CONT; i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done`;
    const init = await boxes.start("a", script);
    await waitFor(() => boxes.log("a").length > 10, "output");
    await boxes.nsbox(["pause", "a"]);
    expect(readFileSync(`${cgroupOf(init)}/cgroup.events`, "utf8")).toContain("frozen 1");
    expect(await boxes.look("a")).toMatchObject({ state: "paused" });
    // Nobody in it was stopped by a signal that its parent could see.
    expect(readFileSync(`/proc/${init}/status`, "utf8")).not.toMatch(/^State:\s+T/m);
    const { length } = boxes.log("a");
    expect((await boxes.nsbox(["exec", "a", "true"])).stderr).toContain('Cannot exec in "a": it is paused');
    expect(boxes.log("a").length).toBe(length);
    await boxes.nsbox(["resume", "a"]);
    expect(await boxes.look("a")).toMatchObject({ state: "running" });
    await waitFor(() => boxes.log("a").length > length, "more output");
    expect(boxes.log("a")).not.toContain("went on");
  });

  test("a paused box is stopped, killed and removed as any other", async () => {
    await using boxes = openBoxState();
    const start = async (name: string): Promise<number> => {
      const init = await boxes.start(name, `trap 'exit 6' TERM; echo up; ${FOREVER}`);
      await waitFor(() => boxes.log(name) === "up\n", "the trap");
      await boxes.nsbox(["pause", name]);
      return init;
    };
    await start("a");
    await boxes.nsbox(["stop", "a"]);
    expect(await boxes.look("a")).toMatchObject({ exitCode: 6 });
    const inits = [await start("b"), await start("c")];
    await boxes.nsbox(["kill", "b"]);
    await boxes.nsbox(["rm", "-f", "c"]);
    await waitFor(() => !inits.some(isAlive), "both to end");
    await waitFor(
      async () => (await boxes.nsbox(["ps", "-a"])).exitCode === 0 && boxCgroups().length === 0,
      "no cgroup",
    );
  });

  test("what runs by exec is in its cgroup, too", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", "sleep 1000");
    await boxes.nsbox(["exec", "-d", "a", "sleep", "1001"]);
    const commands = () => processesIn(cgroupOf(init)).map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8"));
    await waitFor(() => commands().includes("sleep\x001001\0"), "what runs by exec to be there");
  });
});

describeWith(["userns", "own-pids"], "--pids", () => {
  test("bounds a box that forks without end, with all that runs in it by exec; it can be ended at once", async () => {
    await using boxes = openBoxState();
    const bomb = "bomb() { bomb | bomb & }; bomb; sleep 1000";
    const init = await boxes.start("a", bomb, ["--pids", "20"]);
    const cgroup = cgroupOf(init);
    expect(readFileSync(`${cgroup}/pids.max`, "utf8")).toBe("21\n");
    await waitFor(() => /^max [1-9]/m.test(readFileSync(`${cgroup}/pids.events`, "utf8")), "the limit to be met");
    expect(processesIn(cgroup).length).toBeLessThanOrEqual(21);
    const before = performance.now();
    await boxes.nsbox(["rm", "-f", "a"]);
    expect(performance.now() - before).toBeLessThan(5000);
    expect(isAlive(init)).toBe(false);
    expect(existsSync(cgroup)).toBe(false);
  });

  test("holds for exec: a full box refuses one more, and says so", async () => {
    await using boxes = openBoxState();
    // dash forks for the last command, too, and would not be allowed to.
    const init = await boxes.start("a", "exec sleep 1000", ["--pids", "1"]);
    expect(readFileSync(`${cgroupOf(init)}/pids.current`, "utf8")).toBe("2\n");
    const { stdout, exitCode } = await boxes.nsbox(["exec", "a", "sh", "-c", "true | echo forked"]);
    expect(stdout).not.toContain("forked");
    expect(exitCode).not.toBe(0);
  });
});

describeWith(["userns", "no-cgroup"], "--pids without cgroups", () => {
  test("is refused, and nothing stays", async () => {
    await using boxes = openBoxState();
    await boxes.start("first", "true");
    const { stderr, exitCode } = await boxes.nsbox(["run", "-d", "--pids", "10", "--", "true"]);
    expect(stderr).toStartWith("nsbox: Cannot limit the box's processes: there is no cgroup of version 2 here");
    expect(exitCode).toBe(125);
    expect(readdirSync(`${boxes.folder}/boxes`)).toEqual(["first"]);
  });
});
