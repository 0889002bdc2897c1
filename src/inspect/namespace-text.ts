// Parsers of what /proc tells of namespaces and of who is in them. Pure: text in, data out.
import { NAMESPACE_TYPES, type NamespaceType } from "#src/spec/spec.ts";
import { type MountInfo, parseMountinfo } from "./parse-mountinfo.ts";
import { parseNamespaceLink } from "./proc-text.ts";

/** "net:[4026531840]" → its type and inode; undefined for any other file. */
export function parseNamespaceFile(text: string): { readonly type: NamespaceType; readonly inode: number } | undefined {
  const inode = text.startsWith("/") ? undefined : parseNamespaceLink(text);
  const type = NAMESPACE_TYPES.find((name) => text.startsWith(`${name}:`));
  return inode === undefined || type === undefined ? undefined : { type, inode };
}

export interface Stat {
  readonly name: string;
  readonly parent: number;
  readonly startTicks: number;
}

/** Fields 2, 4 and 22 of /proc/PID/stat. The name may hold spaces, brackets and line ends. */
export function parseStat(text: string): Stat {
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ", 20);
  return { name: text.slice(text.indexOf("(") + 1, end), parent: wholeOf(fields[1]), startTicks: wholeOf(fields[19]) };
}

function wholeOf(text: string | undefined): number {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : 0;
}

/** A namespace's file, and where it is mounted. */
export interface NamespaceMount {
  readonly type: NamespaceType;
  readonly inode: number;
  readonly path: string;
}

/** The nsfs mounts of /proc/PID/mountinfo, see proc_pid_mountinfo(5). */
export function parseNamespaceMounts(text: string): readonly NamespaceMount[] {
  return mountsOfType(text, "nsfs").flatMap(({ root, mountPoint }) => {
    const name = parseNamespaceFile(root);
    return name === undefined ? [] : [{ ...name, path: mountPoint }];
  });
}

/** The mount options that hide processes, of the /proc in this mountinfo: "hidepid=invisible". */
export function parseHiding(text: string): readonly string[] {
  const mount = mountsOfType(text, "proc").findLast(({ mountPoint }) => mountPoint === "/proc");
  return (mount?.superOptions ?? []).filter((option) => /^hidepid=(?!0$|off$)/.test(option));
}

/** Other lines aren't parsed: there may be thousands, in hundreds of mount namespaces. */
function mountsOfType(text: string, type: string): readonly MountInfo[] {
  if (!text.includes(` - ${type} `)) return [];
  const lines = text.split("\n").filter((line) => line.includes(` - ${type} `));
  return parseMountinfo(lines.join("\n")).filter((mount) => mount.type === type);
}
