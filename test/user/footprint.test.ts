// What a box costs in memory beyond its command, as the bench measures it.
import { expect, test } from "bun:test";
import { type Footprint, readBoxFootprint, readChildren } from "#scripts/bench/footprint.ts";
import { makeReady, openForeground } from "#scripts/bench/alive.ts";
import { openReadyBox } from "#scripts/bench/ready-box.ts";
import { openBoxState } from "#test/support/box-state.ts";
import { compiledBox } from "#test/support/compiled.ts";
import { describeWith } from "#test/support/needs.ts";
import { NSBOX, tempDir, waitFor } from "#test/support/nsbox.ts";

/** While it waits, in all: launcher or watcher, and init. */
const RESIDENT_KB = 32;
/** Of many boxes, each. */
const SHARE_KB = 50;
const BOXES = 20;
const COMMAND = ["--", "sh", "-c", "echo; exec sleep 1000"];

function average(footprints: readonly Footprint[]): number {
  return footprints.reduce((sum, { pssKb }) => sum + pssKb, 0) / footprints.length;
}

/** KERNEL: a stack begins at a random place within its page, and now and then takes one page more. */
const SHARE_OF_BOXES = 0.9;

/** A launcher is, for a moment, still what it was before. */
async function expectSmall(boxes: readonly { readonly outside?: number; readonly init: number }[]): Promise<void> {
  const sizes = (): number[] => boxes.map((box) => readBoxFootprint(box).rssKb).sort((a, b) => a - b);
  const usual = (): number => sizes()[Math.ceil(boxes.length * SHARE_OF_BOXES) - 1] ?? Number.NaN;
  await waitFor(() => usual() <= RESIDENT_KB, `${RESIDENT_KB} kB a box, and not ${sizes().join(" ")}`);
  const share = (): number => average(boxes.map(readBoxFootprint));
  // On a busy machine some launchers are that for longer than others.
  await waitFor(() => share() <= SHARE_KB, `${SHARE_KB} kB on average, and not ${share()}`);
}

describeWith(["userns"], `${BOXES} boxes at once cost ${RESIDENT_KB} kB each beyond their commands`, () => {
  test("made by run, the first time", async () => {
    await using crowd = await openForeground([NSBOX, "run", ...COMMAND], BOXES);
    await expectSmall(crowd.boxes);
  }, 30_000);

  test("ready", async () => {
    using runtime = tempDir();
    using ready = openReadyBox([NSBOX, "run", ...COMMAND], runtime.path, "/");
    const expectTaken = await makeReady(NSBOX, ready);
    await using crowd = await openForeground([NSBOX, "run", ...COMMAND], BOXES, ready.env);
    expectTaken();
    await expectSmall(crowd.boxes);
  }, 30_000);

  test("compiled", async () => {
    using box = await compiledBox(COMMAND);
    await using crowd = await openForeground([box.path], BOXES);
    await expectSmall(crowd.boxes);
  }, 30_000);

  test("that live on", async () => {
    await using state = openBoxState();
    const inits: number[] = [];
    for (let n = 0; n < BOXES; n++) inits.push(await state.start(`b${n}`, "exec sleep 1000"));
    expect(inits.every((pid) => readChildren(pid).length === 1)).toBe(true);
    await expectSmall(inits.map((init) => ({ init })));
  }, 60_000);
});
