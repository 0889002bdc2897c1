import { expect, test } from "bun:test";
import { Crowd, type Visitor } from "#src/egress/crowd.ts";

function visitor(): Visitor & { readonly reasons: string[] } {
  const reasons: string[] = [];
  return { reasons, leave: (reason) => void reasons.push(reason) };
}

test("of those that say nothing the oldest makes way, and who has said something stays", () => {
  const crowd = new Crowd();
  const speaker = visitor();
  crowd.enter(speaker);
  expect(crowd.speak(speaker)).toBe(true);
  const silent = Array.from({ length: 130 }, visitor);
  for (const one of silent) crowd.enter(one);
  expect(silent.flatMap(({ reasons }, n) => (reasons.length > 0 ? [n] : []))).toEqual([0, 1]);
  expect(silent[0]?.reasons).toEqual(["it said nothing, and 128 others wait"]);
  expect(speaker.reasons).toEqual([]);
});

test("one too many at once is refused, until another has gone", () => {
  const crowd = new Crowd();
  const speakers = Array.from({ length: 400 }, visitor);
  for (const one of speakers) {
    crowd.enter(one);
    expect(crowd.speak(one)).toBe(true);
  }
  expect(crowd.speak(visitor())).toBe(false);
  for (const one of speakers.slice(0, 1)) crowd.exit(one);
  expect(crowd.speak(visitor())).toBe(true);
});

test("who a silent one was is looked for ten times a second at most", () => {
  const crowd = new Crowd();
  expect([0, 1, 99, 100, 150, 200].map((now) => crowd.mayLookFor(now))).toEqual([
    true,
    false,
    false,
    true,
    false,
    true,
  ]);
});
