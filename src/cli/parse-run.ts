// argv of `nsbox run` → RunOptions.
import { checkIdMap } from "#src/spec/grammar/parse-id-map.ts";
import type { RunOptions } from "#src/spec/options.ts";
import { hintForFlag } from "./elsewhere.ts";
import { parseOptions } from "./parse.ts";
import { emptyDraft, type RunDraft } from "./run-draft.ts";
import { RUN_OPTIONS } from "./run-options.ts";

/** What the flags say; `base` is what a configuration file said before. Throws NsboxError EUSAGE. */
export function parseRun(argv: readonly string[], base: RunDraft = emptyDraft()): RunOptions {
  const rules = { command: "run", stopAtWord: true, hintFor: hintForFlag };
  const { words, help } = parseOptions(RUN_OPTIONS, base, argv, rules);
  base.help = help;
  checkIdMap("--uid-map", base.uidMap);
  checkIdMap("--gid-map", base.gidMap);
  return words.length > 0 ? { ...base, args: words } : base;
}
