// --net and its like.
import type { NamespaceOption } from "#src/spec/options.ts";
import { usageError } from "./usage-error.ts";

const PID_MAX = 2 ** 22; // KERNEL: PID_MAX_LIMIT

/** "new", "host", a PID, or the path of a namespace file. */
export function parseNamespace(flag: string, text: string): NamespaceOption {
  if (text === "new" || (text === "none" && flag === "--net")) return { kind: "new" };
  if (text === "host") return { kind: "host" };
  if (text.startsWith("/") && !text.includes("\0")) return { kind: "path", path: text };
  const pid = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  if (pid > 0 && pid <= PID_MAX) return { kind: "pid", pid };
  throw usageError(
    flag,
    text,
    "it is not a namespace",
    `write ${flag} new, host, a PID, or a path such as /proc/PID/ns/net`,
  );
}
