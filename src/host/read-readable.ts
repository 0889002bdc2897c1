// The trees of the host that a box without mounts may read.
import type { PathRule } from "#src/spec/spec.ts";
import { type Entry, readableTrees } from "#src/spec/without-namespaces.ts";

/** Everything but these folders. */
export function readReadable(hidden: readonly string[]): readonly PathRule[] {
  return readableTrees(hidden, listFolder);
}

/** What this user may not list, he may not read through the box either. */
function listFolder(path: string): readonly Entry[] {
  // node:fs costs over a millisecond to load; only a box without namespaces needs it here.
  const fs = process.getBuiltinModule("node:fs");
  try {
    return fs
      .readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isFile())
      .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM")) return [];
    throw error;
  }
}
