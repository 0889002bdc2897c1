// --ro, --rw, --tmpfs and --mount.
import type { MountOption } from "#src/spec/options.ts";
import { parseOctal, parseSize } from "./parse-number.ts";
import { usageError } from "./usage-error.ts";

/** Splits at the first colon that isn't written `\:`. */
function splitColon(text: string): readonly [string, string | undefined] {
  const match = /^((?:[^\\:]|\\.)*)(?::(.*))?$/s.exec(text);
  const plain = (part: string): string => part.replace(/\\([\\:])/g, "$1");
  const [, first = text, second] = match ?? [];
  return [plain(first), second === undefined ? undefined : plain(second)];
}

/** "/data:/in" → bound there; "src" → at its own path. */
export function parseBind(flag: "--ro" | "--rw", text: string): MountOption {
  const hint = `write ${flag} PATH or ${flag} PATH:DEST; a colon that belongs to a path is written \\:`;
  const [source, destination] = splitColon(text);
  checkPath(flag, text, source, hint);
  if (destination !== undefined) checkPath(flag, text, destination, hint);
  return { kind: "bind", source, destination, readOnly: flag === "--ro", flag };
}

function checkPath(flag: string, text: string, path: string, hint: string): void {
  if (path === "") throw usageError(flag, text, "a path is empty", hint);
  if (path.includes("\0")) throw usageError(flag, text, "a path holds a NUL byte", hint);
}

function checkDestination(flag: string, text: string, path: string): void {
  const hint = "begin the destination with /: inside the box there is no current folder yet";
  checkPath(flag, text, path, hint);
  if (!path.startsWith("/"))
    throw usageError(flag, text, `the destination ${JSON.stringify(path)} is not absolute`, hint);
}

/** What may be written behind DEST of --tmpfs. */
const TMPFS_HINT = "write --tmpfs DEST or --tmpfs DEST:size=64m,mode=1777,ro,noexec";

/** "/scratch:size=64m" → a tmpfs there. */
export function parseTmpfs(text: string): MountOption {
  const [destination, options = ""] = splitColon(text);
  checkDestination("--tmpfs", text, destination);
  const found = {
    sizeBytes: undefined as number | undefined,
    mode: undefined as number | undefined,
    readOnly: false,
    noexec: false,
  };
  for (const option of options.split(",").filter((part) => part !== "")) {
    const [key = "", value] = splitEquals(option);
    if (key === "size" && value !== undefined) found.sizeBytes = parseSize("--tmpfs size", value);
    else if (key === "mode" && value !== undefined) found.mode = parseOctal("--tmpfs mode", value, 0o7777);
    else if (key === "ro" && value === undefined) found.readOnly = true;
    else if (key === "rw" && value === undefined) found.readOnly = false;
    else if (key === "noexec" && value === undefined) found.noexec = true;
    else throw usageError("--tmpfs", text, `${JSON.stringify(option)} is not one of its options`, TMPFS_HINT);
  }
  return { kind: "tmpfs", destination, ...found };
}

function splitEquals(text: string): readonly [string, string | undefined] {
  const at = text.indexOf("=");
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Docker's words for the same key. */
const SYNONYMS: Readonly<Record<string, string>> = {
  source: "src",
  destination: "dst",
  target: "dst",
  ro: "readonly",
};
const MOUNT_KEYS: readonly string[] = ["type", "src", "dst", "readonly", "tmpfs-size", "tmpfs-mode"];
/** What each type can honour besides type; a key that it cannot is refused, never dropped. */
const KEYS_OF_TYPE: ReadonlyMap<string, readonly string[]> = new Map([
  ["bind", ["dst", "src", "readonly"]],
  ["tmpfs", ["dst", "readonly", "tmpfs-size", "tmpfs-mode"]],
  ["proc", ["dst"]],
  ["sysfs", ["dst"]],
  ["mqueue", ["dst"]],
  ["devpts", ["dst"]],
]);
const MOUNT_HINT = "write for example --mount type=bind,src=/data,dst=/data,readonly";

/** "type=bind,src=/data,dst=/in,readonly" → Docker's syntax. */
export function parseMount(text: string): MountOption {
  const fields = new Map<string, string | undefined>();
  for (const part of text.split(",")) {
    const [given, value] = splitEquals(part);
    const key = SYNONYMS[given] ?? given;
    if (!MOUNT_KEYS.includes(key))
      throw usageError("--mount", text, `${JSON.stringify(given)} is not one of its keys`, MOUNT_HINT);
    if (fields.has(key)) throw usageError("--mount", text, `${JSON.stringify(given)} stands twice`, MOUNT_HINT);
    if (value === undefined && key !== "readonly")
      throw usageError("--mount", text, `the value of ${given} is missing`, MOUNT_HINT);
    fields.set(key, value);
  }
  return mountOf(text, fields);
}

function mountOf(text: string, fields: ReadonlyMap<string, string | undefined>): MountOption {
  const destination = fields.get("dst");
  if (destination === undefined) throw usageError("--mount", text, "dst is missing", MOUNT_HINT);
  checkDestination("--mount", text, destination);
  const readOnly = parseFlag(text, fields);
  const type = fields.get("type") ?? "bind";
  checkKeys(text, type, fields);
  switch (type) {
    case "bind": {
      const source = fields.get("src");
      if (source === undefined) throw usageError("--mount", text, "src is missing", MOUNT_HINT);
      checkPath("--mount", text, source, MOUNT_HINT);
      return { kind: "bind", source, destination, readOnly, flag: "--mount" };
    }
    case "tmpfs": {
      const [size, mode] = [fields.get("tmpfs-size"), fields.get("tmpfs-mode")];
      const sizeBytes = size === undefined ? undefined : parseSize("--mount tmpfs-size", size);
      const bits = mode === undefined ? undefined : parseOctal("--mount tmpfs-mode", mode, 0o7777);
      return { kind: "tmpfs", destination, sizeBytes, mode: bits, readOnly, noexec: false };
    }
    case "proc":
    case "sysfs":
    case "mqueue":
    case "devpts":
      return { kind: type, destination };
    default:
      throw usageError(
        "--mount",
        text,
        `${JSON.stringify(type)} is not a type`,
        "use bind, tmpfs, proc, sysfs, mqueue or devpts",
      );
  }
}

function checkKeys(text: string, type: string, fields: ReadonlyMap<string, string | undefined>): void {
  const keys = KEYS_OF_TYPE.get(type);
  if (keys === undefined) return; // mountOf() names the types that there are
  for (const key of fields.keys()) {
    if (key === "type" || keys.includes(key)) continue;
    throw usageError("--mount", text, `${type} takes no ${key}`, `give ${type} only ${keys.join(", ")}`);
  }
}

function parseFlag(text: string, fields: ReadonlyMap<string, string | undefined>): boolean {
  if (!fields.has("readonly")) return false;
  const value = fields.get("readonly") ?? "true";
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw usageError(
    "--mount",
    text,
    `readonly is ${JSON.stringify(value)}`,
    "write readonly, readonly=true or readonly=false",
  );
}
