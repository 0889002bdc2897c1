// Ten thousand boxes of one program: nothing adds up.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { box, run } from "#src/index.ts";
import { childrenOf } from "#test/support/box.ts";
import { describeWith } from "#test/support/needs.ts";
import { closedSince, openFiles } from "#test/support/open-files.ts";

const BOXES = 10_000;
const WARM_UP = 1000;
const SIDE_BY_SIDE = 8;

function residentKb(): number {
  Bun.gc(true);
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

/** One in eight is entered by its command; the others are made for it. */
async function makeBox(n: number): Promise<boolean> {
  if (n % SIDE_BY_SIDE !== 0) return (await run(["/bin/true"])).ok;
  await using b = await box();
  return (await b.exec(["/bin/true"])).ok;
}

async function makeBoxes(count: number): Promise<void> {
  let made = 0;
  const worker = async (): Promise<void> => {
    while (made < count) expect(await makeBox(made++)).toBe(true);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
}

const look = () => ({
  children: childrenOf(process.pid),
  mounts: readFileSync("/proc/self/mountinfo", "utf8"),
  images: readFileSync("/proc/self/maps", "utf8").match(/memfd:nsbox/g)?.length ?? 0,
});

describeWith(["userns"], "many commands in one box", () => {
  test("leave nothing in it, and nothing in the program", async () => {
    await using b = await box();
    const enter = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        // Each has another name, so that what is kept for one command is not kept for ever.
        expect((await b.exec(["sh", "-c", ":", String(n)], { env: { PATH: `/bin:/usr/bin:/${n}` } })).ok).toBe(true);
        expect(await b.spawn(["true"], { stdout: "ignore" }).exited).toBe(0);
      }
    };
    await enter(200);
    const [before, files] = [look(), openFiles()];
    const memory = residentKb();
    await enter(1000);
    expect(look()).toEqual(before);
    await closedSince(files);
    expect(residentKb() - memory).toBeLessThan(30_000);
    const { stdout } = await b.exec(["sh", "-c", "ls -d /proc/[0-9]*"]);
    expect(stdout.trim().split("\n").length).toBeLessThanOrEqual(3); // init, sh, ls
  }, 120_000);
});

describeWith(["userns"], "ten thousand boxes of one program", () => {
  test("leave no zombie, descriptor, mapping, mount or memory", async () => {
    await makeBoxes(WARM_UP);
    const [before, files] = [look(), openFiles()];
    const memory = residentKb();
    await makeBoxes(BOXES - WARM_UP);
    expect(look()).toEqual(before);
    await closedSince(files);
    // A leak of one executable a box would be 300 MB.
    expect(residentKb() - memory).toBeLessThan(30_000);
  }, 300_000);
});
