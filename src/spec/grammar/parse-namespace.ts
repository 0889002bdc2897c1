// --net and its like.
import { NsboxError } from "#src/error.ts";
import type { NamespaceOption } from "#src/spec/options.ts";
import { parseNetwork } from "./parse-network.ts";
import { usageError } from "./usage-error.ts";

const NETWORKS = "; or a network: bridge, bridge:NAME, pasta, macvlan:DEVICE, container:BOX";
const PID_MAX = 2 ** 22; // KERNEL: PID_MAX_LIMIT

/** "new", "host", a PID, the path of a namespace file, or the name of a pinned one; of --net also a network. */
export function parseNamespace(flag: string, text: string): NamespaceOption {
  if (text === "new" || (text === "none" && flag === "--net")) return { kind: "new" };
  if (text === "host") return { kind: "host" };
  if (text.startsWith("/") && !text.includes("\0")) return { kind: "path", path: text };
  const network = flag === "--net" ? parseNetwork(text) : undefined;
  if (network !== undefined) return network;
  const pid = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  if (pid > 0 && pid <= PID_MAX) return { kind: "pid", pid };
  if (isPinName(text)) return { kind: "name", name: text };
  throw usageError(
    flag,
    text,
    "it is not a namespace",
    `write ${flag} new, host, a PID, a path such as /proc/PID/ns/net, or a name of nsbox ns ls${flag === "--net" ? NETWORKS : ""}`,
  );
}

/** Words that say something else where a namespace is chosen. */
const RESERVED: readonly string[] = ["new", "host", "none", "bridge", "pasta"];

/** A name for pinned namespaces: part of a path, and never to be taken for a PID. */
function isPinName(text: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/.test(text) && /[^0-9]/.test(text) && !RESERVED.includes(text);
}

/** The name that `ns pin` is given. */
export function parsePinName(text: string): string {
  if (isPinName(text)) return text;
  const what = RESERVED.includes(text) ? "it has a meaning of its own" : "it is not a name for namespaces";
  throw new NsboxError("EUSAGE", `Cannot use the name ${JSON.stringify(text)}: ${what}`, {
    hint: "give up to 63 letters, digits, dots, dashes and underscores, and not digits alone",
  });
}
