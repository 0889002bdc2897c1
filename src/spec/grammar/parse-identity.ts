// --user, --rlimit, --hostname, --domainname, --name.
import { RLIMIT } from "#ffi/uapi/resource.ts";
import type { RunOptions } from "#src/spec/options.ts";
import type { Rlimit } from "#src/spec/spec.ts";
import { parseWhole } from "./parse-number.ts";
import { usageError } from "./usage-error.ts";

const ID_MAX = 2 ** 32 - 2;

/** "1000" or "1000:1000". */
export function parseUser(text: string): NonNullable<RunOptions["user"]> {
  const [uid = "", gid, ...rest] = text.split(":");
  const hint = "write UID or UID:GID in numbers, as a box has users of its own: --user 1000:1000";
  if (rest.length > 0 || !/^\d+$/.test(uid) || !/^\d+$/.test(gid ?? "0"))
    throw usageError("--user", text, "it is not a pair of numbers", hint);
  const id = (part: string): number => parseWhole("--user", part, [0, ID_MAX]);
  return { uid: id(uid), gid: gid === undefined ? undefined : id(gid) };
}

/** "nofile=1024:2048", "core=0", "stack=unlimited". */
export function parseRlimit(text: string): Rlimit {
  const hint = "write NAME=SOFT or NAME=SOFT:HARD, for example --rlimit nofile=1024:2048 or --rlimit core=unlimited";
  const match = /^(?:rlimit_)?([a-z]+)=(\d{1,15}|unlimited)(?::(\d{1,15}|unlimited))?$/i.exec(text);
  if (match === null) throw usageError("--rlimit", text, "it is not NAME=SOFT:HARD", hint);
  const [, name = "", soft = "", hard = soft] = match;
  if (!(name.toUpperCase() in RLIMIT)) {
    const names = Object.keys(RLIMIT).join(", ").toLowerCase();
    throw usageError("--rlimit", text, `${JSON.stringify(name)} is not a limit`, `it is one of ${names}`);
  }
  const value = (part: string): number | "unlimited" => (/^\d/.test(part) ? Number(part) : "unlimited");
  const limit: Rlimit = { type: `RLIMIT_${name.toUpperCase()}`, soft: value(soft), hard: value(hard) };
  const order = (part: number | "unlimited"): number => (part === "unlimited" ? Number.POSITIVE_INFINITY : part);
  if (order(limit.soft) <= order(limit.hard)) return limit;
  throw usageError("--rlimit", text, "the soft limit exceeds the hard one", hint);
}

/** KERNEL: __NEW_UTS_LEN. */
const UTS_NAME_BYTES_MAX = 64;

/** A host or domain name. */
export function parseHostname(flag: string, text: string): string {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > 0 && bytes <= UTS_NAME_BYTES_MAX && /^[!-~]+$/.test(text)) return text;
  throw usageError(
    flag,
    text,
    "it is not a name for a host",
    `give 1 to ${UTS_NAME_BYTES_MAX} letters, digits, dots and dashes`,
  );
}

/** A box's name: part of paths later, so never more than a plain word. */
export function parseName(text: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/.test(text)) return text;
  throw usageError(
    "--name",
    text,
    "it is not a name for a box",
    "give up to 63 letters, digits, dots, dashes and underscores",
  );
}
