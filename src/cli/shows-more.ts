// Whether a box may see sockets of the host: asked of every box, and of most no more than this.
import type { RunOptions } from "#src/spec/options.ts";

/** By default no socket of the host is seen: only who is shown more is warned of what that gives away. */
export function showsMore(options: RunOptions): boolean {
  const { mounts, namespaces, home, root, noNamespaces, unixSockets, seccomp } = options;
  // Its filter lets it make none, which its Landlock could not keep from anything.
  if (noNamespaces && (seccomp ?? "default") === "default") return unixSockets;
  if (noNamespaces) return true;
  const { net, mnt } = namespaces;
  const sharesNet = net !== undefined && net.kind !== "network";
  return mounts.length > 0 || sharesNet || mnt !== undefined || home !== undefined || root?.kind === "dir";
}
