// Makes a box ready: what `run` has just started, compiled, with what its plan rests on, in the place where the front looks.
// The command runs meanwhile; whatever goes wrong leaves nothing but a slower next time.
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { buildEnvRules } from "#src/compile/env-rules.ts";
import { compilablePlan } from "#src/compile/compilable-plan.ts";
import { compileBox } from "#src/compile/compile-box.ts";
import { printError } from "#src/host/print.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import { writableSources } from "#src/spec/build-protected.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import { knownSockets, pathsInside } from "#src/spec/exposed-sockets.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { replaceFile } from "#src/state/state-files.ts";
import type { ReadyPlace } from "./find-ready.ts";
import { observe } from "./observe.ts";
import { readyName } from "./ready-key.ts";
import { buildReadyFile } from "./ready-file.ts";

/** So many files are kept, of some 25 kB; the oldest go. */
const KEPT = 32;

/** Leaves the file, if it can be made. */
export function makeReady(place: ReadyPlace, options: RunOptions, facts: HostFacts): void {
  const { folder, sum, build, key } = place;
  const path = `${folder}/${readyName(sum)}`;
  try {
    const args = options.args.slice(0, 1);
    const spec = buildSpec({ ...options, args, tty: false }, { ...facts, signalMask: 0n });
    const placeholders = spec.box.protected.flatMap(({ make }) => make ?? []);
    const observations = observe(facts, {
      made: placeholders.map(({ host }) => host),
      writable: writableSources(options, facts.cwd, facts.homes),
      noSockets: knownSockets(facts.env).flatMap(({ address }) =>
        pathsInside(spec, address).length > 0 ? [address] : [],
      ),
    });
    if (observations === undefined) return;
    // As `compile` does it; the words behind the command's first come from whoever starts it.
    const box = compileBox({
      plan: compilablePlan(buildPlan(spec, facts)),
      arch: facts.arch,
      uid: facts.uid,
      gid: facts.gid,
      env: buildEnvRules(options),
      timeoutMs: spec.box.timeoutMs,
      passFds: [],
      placeholders,
      dieWithParent: false,
      ready: { program: process.execPath, file: path, commandAt: key.commandAt },
    });
    const file = buildReadyFile({ arch: facts.arch, build, key, observations, box });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    replaceFile(path, file);
    removeOldest(folder);
  } catch (error) {
    // A disk that is full, a folder of somebody else's, a plan that can't be compiled: the box runs, and goes on.
    if (process.env["NSBOX_DEBUG"] === "1") printError(`nsbox: not made ready: ${String(error)}\n`);
  }
}

/** Names of ready boxes, and of what one was while it was written. */
const READY_NAME = /^[a-p]{8}(\.\d+)?$/;

function removeOldest(folder: string): void {
  const names = readdirSync(folder).filter((name) => READY_NAME.test(name));
  const files = names.map((name) => {
    const path = `${folder}/${name}`;
    return { path, changed: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  });
  files.sort((a, b) => b.changed - a.changed);
  for (const { path } of files.slice(KEPT)) rmSync(path, { force: true });
}
