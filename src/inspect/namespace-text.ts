// Parsers of what /proc tells of namespaces and of who is in them. Pure: text in, data out.
import { NAMESPACE_TYPES, type NamespaceType } from "#src/spec/spec.ts";
import { parseNamespaceLink } from "./proc-text.ts";

/** "net:[4026531840]" → its type and inode; undefined for any other file. */
export function parseNamespaceFile(text: string): { readonly type: NamespaceType; readonly inode: number } | undefined {
  const inode = text.startsWith("/") ? undefined : parseNamespaceLink(text);
  const type = NAMESPACE_TYPES.find((name) => text.startsWith(`${name}:`));
  return inode === undefined || type === undefined ? undefined : { type, inode };
}

/** The name and the parent in /proc/PID/stat. The name may hold spaces, brackets and line ends. */
export function parseStat(text: string): { readonly name: string; readonly parent: number } {
  const end = text.lastIndexOf(")");
  const parent = Number(text.slice(end + 2).split(" ", 2)[1]);
  return { name: text.slice(text.indexOf("(") + 1, end), parent: Number.isSafeInteger(parent) ? parent : 0 };
}

/** A namespace's file, and where it is mounted. */
export interface NamespaceMount {
  readonly type: NamespaceType;
  readonly inode: number;
  readonly path: string;
}

/** The nsfs mounts of /proc/PID/mountinfo, see proc_pid_mountinfo(5). */
export function parseNamespaceMounts(text: string): readonly NamespaceMount[] {
  if (!text.includes(" - nsfs ")) return [];
  return text.split("\n").flatMap((line) => {
    if (!line.includes(" - nsfs ")) return [];
    const [, , , root = "", point = ""] = line.split(" ");
    const name = parseNamespaceFile(root);
    return name === undefined ? [] : [{ ...name, path: unescapeMount(point) }];
  });
}

/** KERNEL: space, tab, line end and backslash stand in mountinfo as \\ooo, byte by byte. */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** The mount options that hide processes, of the /proc in this mountinfo: "hidepid=invisible", "subset=pid". */
export function parseHiding(mountinfo: string): readonly string[] {
  const line = mountinfo.split("\n").findLast((row) => row.split(" ")[4] === "/proc" && row.includes(" - proc "));
  const options = line?.slice(line.indexOf(" - proc ")).split(" ")[4] ?? "";
  return options.split(",").filter((option) => /^hidepid=(?!0$|off$)/.test(option));
}
