// `nsbox compile -o FILE …`: flags → Spec → Plan → an executable.
import { compileProfile } from "#src/cli/compile-profile.ts";
import { COMPILE_OPTIONS, type CompileDraft } from "#src/cli/compile-options.ts";
import { loadConfig } from "#src/cli/config-file.ts";
import { hintForFlag } from "#src/cli/elsewhere.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { resolveNames } from "#src/cli/pin-names.ts";
import { emptyDraft } from "#src/cli/run-draft.ts";
import { compilablePlan } from "#src/compile/compilable-plan.ts";
import { compileBox } from "#src/compile/compile-box.ts";
import { buildEnvRules } from "#src/compile/env-rules.ts";
import { explainBox, showBox } from "#src/compile/show-box.ts";
import { NsboxError } from "#src/error.ts";
import { compileSoon } from "#src/host/compile-soon.ts";
import { printOut } from "#src/host/print.ts";
import { readEnvFiles } from "#src/host/read-env-files.ts";
import { readFacts } from "#src/host/read-facts.ts";
import { readExecutable, writeExecutable } from "#src/host/write-executable.ts";
import { buildPlan } from "#src/plan/build-plan.ts";
import { explainPlan } from "#src/plan/explain-plan.ts";
import { buildSpec } from "#src/spec/build-spec.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import { checkIdMap } from "#src/spec/grammar/parse-id-map.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Spec } from "#src/spec/spec.ts";

const EXAMPLE = "for example: nsbox compile -o ./check -- sh -c 'id; hostname'";

/** Writes the box as an executable, or shows one. Throws NsboxError. */
export async function compileCommand(argv: readonly string[]): Promise<number | "help"> {
  const draft = readDraft(argv);
  if (draft.help) return "help";
  if (draft.show !== undefined) return show(draft.show, draft);
  checkWords(draft);
  const env = draft.envFiles.length > 0 ? [...readEnvFiles(draft.envFiles), ...draft.env] : draft.env;
  const options = { ...draft, env, namespaces: placesOf(draft.namespaces) };
  const { spec, facts } = await decide(options);
  const plan = compilablePlan(buildPlan(spec, facts));
  if (options.dryRun) return print(explainPlan(plan));
  const bytes = compileBox({
    plan,
    arch: facts.arch,
    uid: facts.uid,
    gid: dependsOnGid(spec) ? facts.gid : undefined,
    env: buildEnvRules(options),
    timeoutMs: spec.box.timeoutMs,
    passFds: spec.box.passFds,
    placeholders: spec.box.protected.flatMap(({ make }) => make ?? []),
    dieWithParent: options.dieWithParent,
    onRound: compileSoon,
  });
  const { output = "" } = options;
  writeExecutable(output, bytes);
  return options.json ? print(`${JSON.stringify({ file: output, bytes: bytes.length })}\n`) : 0;
}

function show(path: string, { json, args }: CompileDraft): number {
  if (args.length > 0) {
    throw new NsboxError("EUSAGE", `Cannot show ${JSON.stringify(args[0])} too: --show goes with nothing else`, {
      hint: "write nsbox compile --show FILE",
    });
  }
  const box = showBox(readExecutable(path), path);
  return print(json ? `${JSON.stringify(box, null, 2)}\n` : explainBox(box));
}

function print(text: string): number {
  printOut(text);
  return 0;
}

function readDraft(argv: readonly string[]): CompileDraft {
  const parse = (base: CompileDraft): CompileDraft => {
    const rules = { command: "compile", stopAtWord: true, hintFor: hintForFlag };
    const { words, help } = parseOptions(COMPILE_OPTIONS, base, argv, rules);
    checkIdMap("--uid-map", base.uidMap);
    checkIdMap("--gid-map", base.gidMap);
    return { ...base, help, ...(words.length > 0 ? { args: words } : {}) };
  };
  const own = { output: undefined, show: undefined, dieWithParent: false };
  const draft = parse({ ...emptyDraft(), ...own });
  return draft.help || draft.config === undefined ? draft : parse({ ...loadConfig(draft.config), ...own });
}

function checkWords({ args, output, dryRun }: CompileDraft): void {
  if (args.length === 0)
    throw new NsboxError("EUSAGE", "Cannot compile: no command is given", {
      hint: `write it after the flags, ${EXAMPLE}`,
    });
  if (output === undefined && !dryRun)
    throw new NsboxError("EUSAGE", "Cannot compile: -o is missing", { hint: `say where the box goes, ${EXAMPLE}` });
}

/** A path for each name: a pin that is a mount is there when the box starts, too. */
function placesOf(namespaces: RunOptions["namespaces"]): RunOptions["namespaces"] {
  const { net } = namespaces;
  if (net?.kind === "box") {
    throw new NsboxError("ESPEC", `Cannot compile the box: by the time it starts, ${net.name} may be another box`, {
      hint: "leave out --net container, or use run",
    });
  }
  return Object.values(namespaces).some(({ kind }) => kind === "name")
    ? resolveNames(namespaces, ["new", "host"])
    : namespaces;
}

/** The Spec for whoever starts the box: his streams and files are not known yet. */
async function decide(options: RunOptions): Promise<{ readonly spec: Spec; readonly facts: HostFacts }> {
  const facts: HostFacts = {
    ...readFacts(options),
    terminal: false,
    signalMask: 0n,
    passableFds: options.passFds,
    openFolders: [],
    passedFiles: [
      { fd: 0, access: "read" },
      ...[1, 2].map((fd) => ({ fd, access: "write" }) as const),
      ...options.passFds.map((fd) => ({ fd, access: "read" }) as const),
    ],
  };
  const profile = await compileProfile(options, facts);
  return { spec: buildSpec({ ...options, tty: options.tty ?? false }, facts, profile), facts };
}

/** A map of one's own gid alone holds for that gid only. */
function dependsOnGid({ linux }: Spec): boolean {
  return linux.namespaces.user.kind === "new" && linux.gidMappings.every(({ size }) => size === 1);
}
