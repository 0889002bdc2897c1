// --protect: within a writable folder, what gets code run outside later stays as it is, there or not. Pure.
import type { HostFacts } from "./facts.ts";
import type { RunOptions } from "./options.ts";
import { isBelow, normalPath, parentPaths } from "./path.ts";
import { HOME_PATHS, PROJECT_PATHS, type ProtectedPath } from "./protected-paths.ts";
import type { Mount, ProtectedInside } from "./spec.ts";
import { statePlaces } from "./state-places.ts";

interface WritableFolder {
  readonly source: string;
  readonly destination: string;
  readonly paths: readonly ProtectedPath[];
}

/** A folder with a repository in it, or the one that nsbox was started in; and where nsbox keeps its own. */
function pathsFor(source: string, facts: HostFacts): readonly ProtectedPath[] {
  const isHome = facts.homes.includes(source) && source !== "/home";
  const isProject = source === facts.cwd || isBelow(facts.cwd, source) || isThere(facts.paths[`${source}/.git`]);
  return [...(isHome ? HOME_PATHS : []), ...(isProject ? PROJECT_PATHS : []), ...stateBelow(source, facts)];
}

function stateBelow(source: string, { env, uid }: Pick<HostFacts, "env" | "uid">): readonly ProtectedPath[] {
  const found: ProtectedPath[] = [];
  for (const place of statePlaces(env, uid))
    if (isBelow(place, source)) found.push({ path: place.slice(source.length + 1), isFile: false });
  return found;
}

function isThere(kind: string | undefined): boolean {
  return kind !== undefined && kind !== "missing";
}

/** Every path of the host that decides what is protected: its candidates, and the folders on the way to them. */
export function protectedOnHost(
  options: RunOptions,
  caller: Pick<HostFacts, "cwd" | "homes" | "env" | "uid">,
): readonly string[] {
  if (!options.protect) return [];
  const { cwd, homes } = caller;
  const found = new Set<string>();
  for (const source of writableSources(options, cwd, homes)) {
    const wanted = [...PROJECT_PATHS, ...(homes.includes(source) ? HOME_PATHS : []), ...stateBelow(source, caller)];
    for (const { path } of wanted) {
      for (const parent of parentPaths(`/${path}`)) found.add(source + parent);
      found.add(`${source}/${path}`);
    }
  }
  return [...found];
}

/** The folders that --rw and --home rw show. */
export function writableSources(options: RunOptions, cwd: string, homes: readonly string[]): readonly string[] {
  const found = new Set(options.home === "rw" ? homes : []);
  for (const mount of options.mounts) {
    if (mount.kind === "bind" && !mount.readOnly) found.add(normalPath(mount.source, cwd));
  }
  found.delete("/");
  return [...found];
}

/** What to keep within writable folders, outermost first. Nothing that was asked for with --rw is taken back. */
export function buildProtected(
  options: RunOptions,
  facts: HostFacts,
  mounts: readonly Mount[],
): readonly ProtectedInside[] {
  if (!options.protect) return [];
  const asked = new Set<string>();
  for (const mount of mounts) asked.add(mount.destination);
  const found = new Map<string, ProtectedInside>();
  for (const mount of mounts) {
    if (mount.type !== "bind" || mount.readOnly || mount.device || mount.source === "/") continue;
    // Where the caller can make nothing, the box can't either.
    if (facts.paths[mount.source] !== "dir" || facts.unwritable.includes(mount.source)) continue;
    const { source, destination } = mount;
    const folder = { source, destination, paths: pathsFor(source, facts) };
    for (const wanted of folder.paths) protectOne(folder, wanted, { facts, asked, found });
  }
  return found.size === 0 ? [] : [...found.values()].sort((a, b) => a.path.length - b.path.length);
}

interface Collected {
  readonly facts: HostFacts;
  readonly asked: ReadonlySet<string>;
  readonly found: Map<string, ProtectedInside>;
}

/** Walks down to the path: what stands on the way becomes a mount too, so that it can't be renamed away. */
function protectOne({ source, destination }: WritableFolder, wanted: ProtectedPath, collected: Collected): void {
  const { facts, asked, found } = collected;
  for (const step of [...parentPaths(`/${wanted.path}`), `/${wanted.path}`]) {
    const kind = facts.paths[source + step];
    const path = destination + step;
    if (asked.has(path)) return;
    const isLast = step === `/${wanted.path}`;
    if (kind === "denied") return;
    if (!isThere(kind)) {
      found.set(path, { path, readOnly: true, make: { host: source + step, isFile: isLast && wanted.isFile } });
      return;
    }
    // Not a folder: .git of a work tree is a file that names the repository, and must not name another.
    const readOnly = isLast || kind !== "dir";
    if (readOnly || !found.has(path)) found.set(path, { path, readOnly, make: undefined });
    if (readOnly) return;
  }
}
