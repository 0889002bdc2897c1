// `nsbox demo [KIND]`: statements about namespaces, proved live.
import { DEMO_OPTIONS, type DemoDraft } from "#src/cli/demo-options.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { parseRun } from "#src/cli/parse-run.ts";
import { nearest } from "#src/spec/suggest.ts";
import * as explain from "#src/demo/explain-proof.ts";
import { DEMOS } from "#src/demo/kinds.ts";
import { type PlayedProof, playProof } from "#src/demo/play-proof.ts";
import type { Demo, Proof } from "#src/demo/proof.ts";
import { NsboxError } from "#src/error.ts";
import { printOut } from "#src/host/print.ts";
import { isTerminal, readFacts } from "#src/host/read-facts.ts";
import { readLine } from "#src/host/read-line.ts";
import type { HostFacts } from "#src/spec/facts.ts";

const WIDTH = 80;

/** 0 if everything was proved, or could not be shown for want of a tool; 1 if not. Throws NsboxError. */
export async function demoCommand(argv: readonly string[]): Promise<number> {
  const draft: DemoDraft = { step: false, json: false };
  const { words } = parseOptions(DEMO_OPTIONS, draft, argv, { command: "demo", stopAtWord: false });
  const demos = words.length === 0 ? DEMOS : words.map(findDemo);
  const facts = readFacts(parseRun(["--", "true"]));
  const color = isTerminal(1) && (process.env["NO_COLOR"] ?? "") === "";
  const stage: Stage = { facts, options: { color, width: WIDTH }, waits: draft.step && isTerminal(0) && isTerminal(1) };
  if (draft.json) return playAsData(demos, stage);
  return words.length === 0 && !draft.step ? playShort(demos, stage) : playLong(demos, stage);
}

function findDemo(kind: string): Demo {
  const demo = DEMOS.find((one) => one.kind === kind);
  if (demo !== undefined) return demo;
  const kinds = DEMOS.map((one) => one.kind);
  const near = nearest(kind, kinds);
  throw new NsboxError("EUSAGE", `Cannot show ${JSON.stringify(kind)}: there is no such demo`, {
    hint: near === undefined ? `there are: ${kinds.join(", ")}` : `did you mean nsbox demo ${near}?`,
  });
}

interface Stage {
  readonly facts: HostFacts;
  readonly options: explain.TextOptions;
  /** Enter is waited for. */
  readonly waits: boolean;
}

function exitCodeOf(played: readonly PlayedProof[]): number {
  return played.some(({ verdict }) => verdict.kind === "not proved") ? 1 : 0;
}

function playShort(demos: readonly Demo[], { facts, options }: Stage): number {
  const played: PlayedProof[] = [];
  for (const demo of demos) {
    printOut(explain.explainHead(demo, options));
    for (const proof of demo.proofs) {
      const one = playProof(proof, facts);
      played.push(one);
      printOut(explain.explainShort(proof, one.verdict, options));
    }
  }
  printOut("\nnsbox demo KIND shows the calls that were made, and inside beside outside.\n");
  return exitCodeOf(played);
}

function playLong(demos: readonly Demo[], stage: Stage): number {
  const played: PlayedProof[] = [];
  for (const [n, demo] of demos.entries()) {
    printOut(`${n > 0 ? "\n" : ""}${explain.explainHead(demo, stage.options)}`);
    let before: PlayedProof | undefined;
    for (const proof of demo.proofs) {
      const one = playOne(proof, before, stage);
      if (one === undefined) return exitCodeOf(played);
      played.push(one);
      before = one;
    }
    printOut(`\nWith all that a box has besides: ${demo.run}\n`);
  }
  return exitCodeOf(played);
}

/** undefined: the reader has had enough. */
function playOne(
  proof: Proof,
  before: PlayedProof | undefined,
  { facts, options, waits }: Stage,
): PlayedProof | undefined {
  const played = playProof(proof, facts);
  printOut(`\n${explain.explainCalls(proof, played.plans, options, before?.plans)}`);
  if (waits && !goesOn()) return undefined;
  printOut(explain.explainSights(played.sights, options));
  printOut(explain.explainVerdict(played.verdict, options));
  return played;
}

function goesOn(): boolean {
  printOut("  Enter: look (q: enough) ");
  const line = readLine();
  return line !== undefined && line.trim() !== "q";
}

function playAsData(demos: readonly Demo[], { facts }: Stage): number {
  const played = demos.map(({ kind, meaning, manual, run, proofs }) => ({
    ...{ kind, meaning, manual, run },
    proofs: proofs.map((proof) => playProof(proof, facts)),
  }));
  const shown = played.map(({ proofs, ...demo }) => ({
    ...demo,
    proofs: proofs.map(({ proof, plans, sights, verdict }) => ({
      statement: proof.statement,
      verdict: verdict.kind,
      why: verdict.kind === "proved" ? null : verdict.why,
      looks: sights,
      boxes: plans,
    })),
  }));
  printOut(`${JSON.stringify(shown, null, 2)}\n`);
  return exitCodeOf(played.flatMap(({ proofs }) => proofs));
}
