// What was seen, held against what must be so. Pure.
import type { Check, Proof, Sight } from "./proof.ts";

export interface Places {
  readonly sights: readonly Sight[];
  /** nsbox's own PID. */
  readonly nsbox: number;
  /** What uid 0 inside is outside. */
  readonly uid: number;
}

/** A text with its places filled in; see Look and Check. A place that nothing is known of stays as it is. */
export function fillPlaces(text: string, { sights, nsbox, uid }: Places): string {
  return text.replaceAll(/\{(pid|answer) ([^}]+)\}|\{(nsbox|uid)\}/g, (whole, what, name, own) => {
    if (own === "nsbox") return String(nsbox);
    if (own === "uid") return String(uid);
    const sight = sights.find((one) => one.name === name);
    return String((what === "pid" ? sight?.pid : sight?.answer) ?? whole);
  });
}

/** Why the proof fails, a sentence; undefined if it is proved. */
export function judgeProof(proof: Proof, places: Places): string | undefined {
  for (const check of proof.checks) {
    const expected = failedExpectation(check, places);
    if (expected === undefined) continue;
    const saw = JSON.stringify(answerOf(check.of, places));
    return `${check.of} saw ${saw} instead of ${expected}`;
  }
  return undefined;
}

function answerOf(name: string, { sights }: Places): string {
  return sights.find((sight) => sight.name === name)?.answer ?? "nothing";
}

/** What should have been seen, where it was not. */
function failedExpectation(check: Check, places: Places): string | undefined {
  const saw = answerOf(check.of, places);
  switch (check.kind) {
    case "is": {
      const text = fillPlaces(check.text, places);
      return saw === text ? undefined : JSON.stringify(text);
    }
    case "matches":
      return new RegExp(fillPlaces(check.pattern, places)).test(saw) ? undefined : check.says;
    case "same": {
      const other = answerOf(check.as, places);
      return saw === other ? undefined : `what ${check.as} saw, ${JSON.stringify(other)}`;
    }
    case "differs":
      return saw !== answerOf(check.from, places) ? undefined : `something else than ${check.from}`;
    case "ahead": {
      const ahead = Number(saw) - Number(answerOf(check.than, places));
      return ahead >= check.from && ahead <= check.to
        ? undefined
        : `${check.from} to ${check.to} more than ${check.than}`;
    }
  }
}
