// A profile: `linux.seccomp` of the OCI runtime specification, and the fuller form that Docker and Podman ship.
import type { ActionName } from "./actions.ts";

export const OPERATORS = [
  "SCMP_CMP_NE",
  "SCMP_CMP_LT",
  "SCMP_CMP_LE",
  "SCMP_CMP_EQ",
  "SCMP_CMP_GE",
  "SCMP_CMP_GT",
  "SCMP_CMP_MASKED_EQ",
] as const;

/** One argument compared; for SCMP_CMP_MASKED_EQ `value` is the mask and `valueTwo` what the bits must be. */
export interface ProfileArgument {
  readonly index: number;
  readonly value: bigint;
  readonly valueTwo: bigint;
  readonly op: (typeof OPERATORS)[number];
}

/** When a rule counts, or does not. */
export interface ProfileFilter {
  readonly caps: readonly string[];
  /** Go's names: amd64, arm64, x86, … */
  readonly arches: readonly string[];
  readonly minKernel: readonly [major: number, minor: number] | undefined;
}

export interface ProfileRule {
  readonly names: readonly string[];
  readonly action: ActionName;
  readonly errnoRet: number | undefined;
  readonly args: readonly ProfileArgument[];
  readonly includes: ProfileFilter;
  readonly excludes: ProfileFilter;
}

export interface Profile {
  /** What it is called: its file. */
  readonly name: string;
  readonly defaultAction: ActionName;
  readonly defaultErrnoRet: number | undefined;
  /** SCMP_ARCH_…, those of an archMap among them; empty: any. */
  readonly architectures: readonly string[];
  /** Flags of seccomp(2) that it asks for. */
  readonly flags: number;
  /** Whom its SCMP_ACT_NOTIFY asks: the path of a socket, and words for who listens there. */
  readonly listener: { readonly path: string; readonly metadata: string | undefined } | undefined;
  readonly rules: readonly ProfileRule[];
}
