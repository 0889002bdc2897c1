// The library: `import { box } from "nsbox"`. docs/library.md has it all.
export { type Box, box } from "#src/library/box.ts";
export type { BoxOptions, Pairs, Word, Words } from "#src/library/box-options.ts";
export type { BoxProcess } from "#src/library/box-process.ts";
export type { Finished } from "#src/library/collect.ts";
export type { CollectedOptions, CommandOptions, Input, SpawnOptions } from "#src/library/command-options.ts";
export { type Errno, type ErrorCode, NsboxError, type StepPlace } from "#src/error.ts";
export { run, type RunOptions } from "#src/library/run.ts";
