// The top of the host's root, for an overlay over it.
import { readText } from "#ffi/libc/fd.ts";
import type { RootEntry } from "#src/spec/facts.ts";
import { isBelow } from "#src/spec/path.ts";

/** Every entry of "/", in order of name. */
export function readRootEntries(): readonly RootEntry[] {
  // node:fs costs over a millisecond to load; only an overlay needs it here.
  const fs = process.getBuiltinModule("node:fs");
  const mountPoints = readText("/proc/self/mountinfo")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
  return fs
    .readdirSync("/", { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry): readonly RootEntry[] => {
      const { name } = entry;
      const path = `/${name}`;
      if (entry.isSymbolicLink()) return [{ kind: "symlink", name, target: fs.readlinkSync(path) }];
      if (entry.isDirectory()) return [{ kind: "dir", name, hasMounts: mountPoints.some((at) => isBelow(at, path)) }];
      return entry.isFile() ? [{ kind: "file", name }] : [];
    });
}
