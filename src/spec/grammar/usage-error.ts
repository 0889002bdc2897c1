// How every grammar says no.
import { NsboxError } from "#src/error.ts";

/** "Cannot parse --uid-map "x": why", with an example of what is right. */
export function usageError(flag: string, text: string, why: string, hint: string): NsboxError {
  return new NsboxError("EUSAGE", `Cannot parse ${flag} ${JSON.stringify(text)}: ${why}`, { hint });
}
