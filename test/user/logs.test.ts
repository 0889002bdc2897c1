// What nsbox keeps of a box's output, and how it is read back.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type BoxState, openBoxState } from "#test/support/box-state.ts";
import { describeWith } from "#test/support/needs.ts";
import { startNsbox, tempDir, waitFor } from "#test/support/nsbox.ts";

const MIB = 2 ** 20;
/** Numbers from 1 on, a line each: whatever is missing shows. */
const isSeries = (text: string, last: number): boolean => {
  const numbers = text.trimEnd().split("\n").map(Number);
  return numbers.every((number, n) => number === last - (numbers.length - 1 - n)) && text.endsWith(`${last}\n`);
};

/** What the box's folder takes on the disk. */
function diskBytes(boxes: BoxState, name: string): number {
  const folder = `${boxes.folder}/boxes/${name}`;
  const logs = readdirSync(folder).filter((file) => file.startsWith("log"));
  return logs.reduce((sum, file) => sum + statSync(`${folder}/${file}`).blocks * 512, 0);
}

async function logs(boxes: BoxState, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await boxes.nsbox(["logs", ...args]);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return stdout;
}

describeWith(["userns"], "nsbox logs", () => {
  test("--tail shows the last lines", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "seq 1 30000");
    await boxes.nsbox(["wait", "a"]);
    expect(await logs(boxes, "--tail", "2", "a")).toBe("29999\n30000\n");
    expect(await logs(boxes, "--tail", "0", "a")).toBe("");
    expect(await logs(boxes, "--tail", "20000", "a")).toStartWith("10001\n");
    expect(await logs(boxes, "--tail", "99999", "a")).toStartWith("1\n");
  });

  test("-f goes on until the box has ended, and misses nothing", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done; echo end");
    expect(await logs(boxes, "-f", "a")).toBe("1\n2\n3\n4\n5\nend\n");
  });

  test("--timestamps says when each line came, --since and --until choose by it", async () => {
    await using boxes = openBoxState();
    const before = Date.now();
    await boxes.start("a", "for i in 1 2 3; do echo line $i; sleep 0.05; done; printf 'no end'");
    await boxes.nsbox(["wait", "a"]);
    const lines = (await logs(boxes, "--timestamps", "a")).trimEnd().split("\n");
    expect(lines.map((line) => line.slice(line.indexOf(" ") + 1))).toEqual(["line 1", "line 2", "line 3", "no end"]);
    const times = lines.map((line) => line.slice(0, line.indexOf(" ")));
    const ms = times.map((time) => Date.parse(time));
    for (const [n, at] of ms.entries()) expect(at).toBeGreaterThanOrEqual(n === 0 ? before : (ms[n - 1] ?? 0));
    expect(ms[3]).toBeLessThanOrEqual(Date.now());
    expect(await logs(boxes, "--since", times[1] ?? "", "a")).toBe("line 2\nline 3\nno end");
    expect(await logs(boxes, "--until", times[1] ?? "", "a")).toBe("line 1\nline 2\n");
    expect(await logs(boxes, "--since", "10m", "--tail", "2", "a")).toBe("line 3\nno end");
    expect(await logs(boxes, "--since", new Date(Date.now() + 60_000).toISOString(), "a")).toBe("");
    expect(JSON.parse((await logs(boxes, "--json", "--tail", "2", "a")).split("\n")[0] ?? "")).toEqual({
      time: times[2],
      line: "line 3",
    });
  });

  test("what a box prints is all there, however much and however fast, up to its last moment", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "seq 5000000 & seq 0; wait; printf end", ["--log-size", "unlimited"]);
    expect((await boxes.nsbox(["wait", "a"])).stdout).toBe("0\n");
    const text = await logs(boxes, "a");
    expect(text.endsWith("\n5000000\nend")).toBe(true);
    expect(isSeries(text.slice(0, -"end".length), 5_000_000)).toBe(true);
  });

  test("what the command has left behind is written down, too, before the box ends with it", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "(echo from behind; exec sleep 1000) & sleep 0.1; head -c 50000 /dev/zero | tr '\\0' x");
    await boxes.nsbox(["wait", "a"]);
    expect(await logs(boxes, "a")).toBe(`from behind\n${"x".repeat(50_000)}`);
  });

  test.each(["kill", "rm -f", "stop -t 0"])("what was printed up to nsbox %s is there", async (command) => {
    await using boxes = openBoxState();
    using dir = tempDir();
    for (let round = 0; round < 10; round++) {
      const own = dir.join(`log${round}`);
      const count = dir.join(`count${round}`);
      writeFileSync(count, "");
      // Each number is printed before it is written elsewhere: so what is there has been printed.
      const script = `trap '' TERM; i=0; while :; do i=$((i+1)); echo $i; echo $i >/tmp/count; done`;
      await boxes.start(`b${round}`, script, ["--rw", `${count}:/tmp/count`]);
      Bun.spawnSync(["ln", `${boxes.folder}/boxes/b${round}/log`, own]); // rm removes its other name
      await waitFor(() => Number(readFileSync(count, "utf8")) > 200, "some of it");
      await boxes.nsbox([...command.split(" "), `b${round}`]);
      expect(Number(readFileSync(own, "utf8").trimEnd().split("\n").at(-1))).toBeGreaterThanOrEqual(
        Number(readFileSync(count, "utf8")),
      );
    }
  });
});

describeWith(["userns"], "a log that is bounded", () => {
  test.each([
    ["of many small parts", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo $i; done", 20_000],
    ["of few big parts", "seq 1000000", 1_000_000],
  ])("takes no more than its size, and keeps the last lines whole: %s", async (_, script, last) => {
    await using boxes = openBoxState();
    await boxes.start("a", script, ["--log-size", "1m"]);
    await boxes.nsbox(["wait", "a"]);
    expect(diskBytes(boxes, "a")).toBeLessThanOrEqual(MIB);
    const text = await logs(boxes, "a");
    expect(isSeries(text, last)).toBe(true);
    expect(text.length).toBeGreaterThan(100_000);
    expect(isSeries(await logs(boxes, "--tail", "1000", "a"), last)).toBe(true);
    const stamped = (await logs(boxes, "-t", "a")).trimEnd().split("\n");
    expect(stamped.every((line) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z \d+$/.test(line))).toBe(true);
    expect(stamped).toHaveLength(text.trimEnd().split("\n").length);
  });

  test("-f goes on across what is let go, and misses nothing", async () => {
    await using boxes = openBoxState();
    using dir = tempDir();
    // 4 MB in all, which is many times what is kept; each part waits until it has been read.
    const script = `i=1; while [ $i -le 20 ]; do
      seq $(((i-1)*30000+1)) $((i*30000)); until [ -e /tmp/read/$i ]; do sleep 0.01; done; i=$((i+1)); done`;
    await boxes.start("a", script, ["--log-size", "1m", "--ro", `${dir.path}:/tmp/read`]);
    const follower = startNsbox(["logs", "-f", "a"], { env: boxes.env });
    let text = "";
    const decoder = new TextDecoder();
    const reading = (async () => {
      for await (const bytes of follower.stdout) text += decoder.decode(bytes, { stream: true });
    })();
    for (let part = 1; part <= 20; part++) {
      await waitFor(() => text.endsWith(`\n${part * 30_000}\n`), `part ${part} to be followed`);
      expect(diskBytes(boxes, "a")).toBeLessThanOrEqual(MIB);
      writeFileSync(dir.join(String(part)), "");
    }
    await reading;
    expect({ code: await follower.exited, stderr: await follower.stderr.text() }).toEqual({ code: 0, stderr: "" });
    expect(text).toStartWith("1\n2\n");
    expect(isSeries(text, 600_000)).toBe(true);
    expect((await logs(boxes, "a")).length).toBeLessThan(MIB);
  });

  test("of a terminal is bounded, too", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "stty -onlcr; seq 500000", ["-t", "--log-size", "1m"]);
    await boxes.nsbox(["wait", "a"]);
    // The keeper may still be moving what was printed last: logs waits for that.
    expect(diskBytes(boxes, "a")).toBeLessThanOrEqual(MIB);
    expect(isSeries(await logs(boxes, "a"), 500_000)).toBe(true);
    expect(await logs(boxes, "-t", "--tail", "1", "a")).toMatch(/^[\d-]+T[\d:.]+Z 500000\n$/);
  });
});

describeWith(["userns"], "nsbox logs says", () => {
  test("that a file of the caller's has no times and no bound", async () => {
    await using boxes = openBoxState();
    await boxes.start("a", "true", ["--log", `${boxes.folder}-log`]);
    for (const flag of ["--timestamps", "--since=1h", "--until=1h"]) {
      const { stderr, exitCode } = await boxes.nsbox(["logs", flag, "a"]);
      expect(stderr).toBe(
        `nsbox: Cannot use ${flag.split("=")[0]} with "a": its log is a file of yours\n` +
          "  hint  a box that is started without --log has a log with times\n",
      );
      expect(exitCode).toBe(125);
    }
  });

  test.each([
    [["run", "-d", "--log-size", "1k", "true"], 'parse --log-size "1k"'],
    [["run", "-d", "--log-size", "2m", "--log", "none", "true"], "use --log-size with --log none"],
    [["run", "--log-size", "2m", "true"], "use --log-size without -d"],
    [["logs", "--since", "yesterday", "a"], 'parse --since "yesterday"'],
  ])("what is wrong with %j", async (args, what) => {
    await using boxes = openBoxState();
    const { stderr, exitCode } = await boxes.nsbox(args);
    expect(stderr).toStartWith(`nsbox: Cannot ${what}`);
    expect(stderr).toContain("\n  hint  ");
    expect(exitCode).toBe(125);
  });
});
