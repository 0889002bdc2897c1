// --hide: what the box sees empty, whatever shows it. Pure.
import { NsboxError } from "#src/error.ts";
import type { HostFacts } from "./facts.ts";
import type { RunOptions } from "./options.ts";
import { normalPath } from "./path.ts";
import type { HiddenPath } from "./spec.ts";

/** Where on the host a hidden path lies: in the folder that is the root, if there is one. */
export function hiddenOnHost(path: string, options: RunOptions, cwd: string): string {
  const inside = normalPath(path, options.root === undefined || options.root.kind === "host" ? cwd : "/");
  return options.root?.kind === "dir" ? normalPath(`.${inside}`, normalPath(options.root.path, cwd)) : inside;
}

/** The hidden paths, as the box sees them. Throws NsboxError ESPEC where nothing is there to hide: perhaps a slip. */
export function buildHidden(options: RunOptions, facts: HostFacts): readonly HiddenPath[] {
  if (options.hide.length === 0) return [];
  return options.hide.map((text) => {
    const kind = facts.paths[hiddenOnHost(text, options, facts.cwd)] ?? "missing";
    if (kind === "missing" && options.root?.kind !== "empty") {
      throw new NsboxError("ESPEC", `Cannot use --hide ${JSON.stringify(text)}: ENOENT (No such file or directory)`, {
        hint: "give a file or folder that is there, or leave it out",
      });
    }
    const path = normalPath(text, options.root === undefined || options.root.kind === "host" ? facts.cwd : "/");
    if (path === "/")
      throw new NsboxError("EUSAGE", 'Cannot use --hide "/": nothing would be left', { hint: "use --root empty" });
    return { path, isFile: kind === "file" || kind === "device" };
  });
}
