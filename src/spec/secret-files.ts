// Files of the host that only root may read, and that no command needs to: hidden from the boxes of root, who would
// otherwise see them in the host's root. Whoever else starts a box can't read them anyway. Pure.
import type { HostFacts } from "./facts.ts";
import type { RunOptions } from "./options.ts";
import { isBelow, normalPath } from "./path.ts";
import type { HiddenPath, Root } from "./spec.ts";

/** Passwords, and the keys that the machine proves itself with. */
export const SECRET_FILES: readonly string[] = [
  "/etc/gshadow",
  "/etc/gshadow-",
  "/etc/shadow",
  "/etc/shadow-",
  "/etc/ssh/ssh_host_ecdsa_key",
  "/etc/ssh/ssh_host_ed25519_key",
  "/etc/ssh/ssh_host_rsa_key",
  "/etc/ssl/private",
];

/** Those that are there and that nothing shows on purpose. Where the root can be written, users may have to be made. */
export function secretFiles(
  { mounts, hide }: Pick<RunOptions, "mounts" | "hide">,
  { uid, cwd, paths }: Pick<HostFacts, "uid" | "cwd" | "paths">,
  { source, writes }: Root,
): readonly HiddenPath[] {
  if (uid !== 0 || source.kind !== "host" || writes.kind !== "none") return [];
  const shown: string[] = [];
  for (const mount of mounts) {
    const at = mount.destination ?? (mount.kind === "bind" ? mount.source : undefined);
    if (at !== undefined) shown.push(normalPath(at, cwd));
  }
  const secrets: HiddenPath[] = [];
  for (const path of SECRET_FILES) {
    const kind = paths[path];
    if (kind !== "file" && kind !== "dir") continue;
    if (!isShown(path, shown) && !hide.includes(path)) secrets.push({ path, isFile: kind === "file" });
  }
  return secrets;
}

function isShown(path: string, shown: readonly string[]): boolean {
  for (const at of shown) if (at === path || isBelow(path, at) || isBelow(at, path)) return true;
  return false;
}
