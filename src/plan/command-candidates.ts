// Where a command may be found.
import { NsboxError } from "#src/error.ts";
import { DEFAULT_PATH } from "#src/spec/build-env.ts";

/** Where execvp(3) would look for the command. Empty entries of PATH (the current folder) are left out. */
export function commandCandidates(args: readonly string[], env: readonly string[]): readonly string[] {
  const [name] = args;
  if (name === undefined || name === "")
    throw new NsboxError("EUSAGE", "Cannot run: no command is given", {
      hint: "write the command after the flags, for example: nsbox run -- sh -c 'id; hostname'",
    });
  if (name.includes("/")) return [name];
  // Each once: what is missed as the last one has been missed for good.
  const candidates: string[] = [];
  for (const folder of pathOf(env).split(":")) {
    const path = `${folder === "/" ? "" : folder}/${name}`;
    if (folder.startsWith("/") && !candidates.includes(path)) candidates.push(path);
  }
  if (candidates.length > 0) return candidates;
  throw new NsboxError("ENOTFOUND", `Cannot run ${JSON.stringify(name)}: PATH inside the box names no folder`, {
    hint: "write the command with its path, or give the box a PATH: -e PATH=/usr/bin:/bin",
  });
}

function pathOf(env: readonly string[]): string {
  for (const entry of env) if (entry.startsWith("PATH=")) return entry.slice("PATH=".length);
  return DEFAULT_PATH;
}
