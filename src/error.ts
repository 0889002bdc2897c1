// The one error type of nsbox. Only main.ts turns it into text on stderr and an exit code.
import { errnoMessage, errnoName, type ErrnoName } from "#ffi/uapi/errno.ts";

export type ErrorCode = "EUSAGE" | "ESPEC" | "EHOST" | "ESETUP" | "EEXEC" | "ENOTFOUND" | "EINTERNAL";

/** Every way nsbox fails on purpose; docs and exit codes come from this table. */
export const ERRORS: Readonly<Record<ErrorCode, { readonly exit: number; readonly meaning: string }>> = {
  EUSAGE: { exit: 125, meaning: "the command line or a configuration file is wrong" },
  ESPEC: { exit: 125, meaning: "what was asked for contradicts itself or this machine's files" },
  EHOST: { exit: 125, meaning: "this machine does not allow it" },
  ESETUP: { exit: 125, meaning: "the kernel refused a step of setting up the box" },
  EEXEC: { exit: 126, meaning: "the command was found but cannot be executed" },
  ENOTFOUND: { exit: 127, meaning: "the command was not found" },
  EINTERNAL: { exit: 125, meaning: "a mistake in nsbox itself" },
};

export interface Errno {
  readonly name: ErrnoName;
  readonly number: number;
}

/** Where in a plan a step stands, for people: "step 12 of 31, setup". */
export interface StepPlace {
  readonly actor: string;
  readonly index: number;
  readonly count: number;
  readonly explain: string;
}

export interface ErrorDetails {
  readonly syscall?: string | undefined;
  readonly errno?: number | undefined;
  readonly step?: StepPlace | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** The errno with this number, or undefined where Linux has none of that number. */
export function errnoOf(number: number): Errno | undefined {
  const name = errnoName(number);
  return name === undefined ? undefined : { name, number };
}

/** The only error nsbox throws on purpose. `message` reads "Cannot <do what>: <state>". */
export class NsboxError extends Error {
  readonly code: ErrorCode;
  readonly syscall: string | undefined;
  readonly errno: Errno | undefined;
  readonly step: StepPlace | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "NsboxError";
    this.code = code;
    this.syscall = details.syscall;
    this.errno = details.errno === undefined ? undefined : errnoOf(details.errno);
    this.step = details.step;
    this.hint = details.hint;
  }

  get exitCode(): number {
    return ERRORS[this.code].exit;
  }
}

/** "EPERM (Operation not permitted)", the way every message words an errno. */
export function explainErrno(number: number): string {
  const errno = errnoOf(number);
  return errno === undefined ? `errno ${number}` : `${errno.name} (${errnoMessage(errno.name)})`;
}

/** Programmer errors, never the user's: the message asks for a report. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition)
    throw new NsboxError("EINTERNAL", `Cannot continue: ${message}`, { hint: "please report this as a bug of nsbox" });
}
