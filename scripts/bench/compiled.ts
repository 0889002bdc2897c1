// Compiled boxes for the bench: the default one, and one with the calls of limit.c.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PASS_ALL } from "#ffi/runner/start.ts";
import { limitPlan } from "#scripts/bench/warm.ts";
import { emptyDraft } from "#src/cli/run-draft.ts";
import { compilablePlan } from "#src/compile/compilable-plan.ts";
import { compileBox } from "#src/compile/compile-box.ts";
import { readFacts } from "#src/host/read-facts.ts";

/** A box that `nsbox compile` writes, with these flags. */
export function compileWith(nsbox: string, file: string, args: readonly string[]): string {
  const { exitCode, stderr } = Bun.spawnSync([nsbox, "compile", "-o", file, ...args], { stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`Cannot compile a box: ${stderr.toString()}`);
  return file;
}

/** A box that makes the calls of limit.c, and no others. */
export function compileLimit(cache: string): string {
  const { arch, uid, gid } = readFacts(emptyDraft());
  const file = join(cache, "limit-box");
  const box = { arch, uid, gid, env: [PASS_ALL], timeoutMs: undefined, passFds: [], placeholders: [] };
  writeFileSync(file, compileBox({ ...box, plan: compilablePlan(limitPlan(uid, gid)), dieWithParent: false }));
  chmodSync(file, 0o755);
  return file;
}
