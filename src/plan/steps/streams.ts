// Standard streams other than the launcher's own.
import { call, fd } from "#ffi/tape/call.ts";
import type { StepKind } from "../step.ts";

/** Read from one file of the launcher's, and write what is said to another. */
export interface StreamsStep {
  readonly kind: "streams";
  /** Names of open files, see LaunchOptions. */
  readonly input: string;
  readonly output: string;
}

export const streamsStep: StepKind<StreamsStep> = {
  phase: "exec",
  explain: (step) => `have ${step.input} as stdin, ${step.output} as stdout and stderr`,
  lower: (step) => [
    call("dup3", [fd(step.input), 0, 0]),
    call("dup3", [fd(step.output), 1, 0]),
    call("dup3", [fd(step.output), 2, 0]),
  ],
};
