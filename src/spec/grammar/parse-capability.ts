// --cap-add and --cap-drop.
import { capNumber, CAPS } from "#ffi/uapi/capability.ts";
import { usageError } from "./usage-error.ts";

/** A capability by name, with or without CAP_ and in any case, or "ALL"; several are separated by commas. */
export function parseCapabilities(flag: string, text: string): readonly string[] {
  return text.split(",").map((word) => {
    if (word.toUpperCase() === "ALL") return "ALL";
    const name = CAPS[capNumber(word) ?? -1];
    if (name !== undefined) return name;
    const why = text === word ? "there is no such capability" : `there is no capability ${JSON.stringify(word)}`;
    throw usageError(flag, text, why, "give names of capabilities(7), such as net_admin or CAP_SYS_PTRACE, or all");
  });
}
