// The command's environment.
import type { HostFacts } from "./facts.ts";
import { PASSED_VARIABLES } from "./defaults.ts";
import { PROXY_VARIABLES } from "./egress.ts";
import type { RunOptions } from "./options.ts";

/** PATH where the caller has none. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function passes(name: string): boolean {
  return PASSED_VARIABLES.includes(name) || name.startsWith("LC_");
}

/** NAME=VALUE for each variable: the caller's that pass, then what was said, the last one winning. */
export function buildEnv(
  options: Pick<RunOptions, "env" | "envAll" | "root" | "allowHosts">,
  facts: HostFacts,
): readonly string[] {
  const variables = new Map<string, string>([["PATH", DEFAULT_PATH]]);
  for (const [name, value] of Object.entries(facts.env)) {
    if (options.envAll || passes(name)) variables.set(name, value);
  }
  if (options.root !== undefined && options.root.kind !== "host") {
    // The caller's folders and programs are not in there.
    if (!options.envAll) for (const name of ["HOME", "SHELL", "USER"]) variables.delete(name);
    variables.set("HOME", "/root");
    variables.set("PATH", DEFAULT_PATH);
  }
  if (options.allowHosts.length > 0) for (const [name, value] of PROXY_VARIABLES) variables.set(name, value);
  for (const option of options.env) {
    if (option.kind === "set") variables.set(option.name, option.value);
    else if (Object.hasOwn(facts.env, option.name)) variables.set(option.name, facts.env[option.name] ?? "");
  }
  const entries: string[] = [];
  for (const [name, value] of variables) entries.push(`${name}=${value}`);
  return entries;
}
