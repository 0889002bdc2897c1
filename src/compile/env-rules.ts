// The command's environment, decided when the box starts: build-env.ts as rules for the caller's variables.
import type { EnvRule } from "#ffi/runner/start.ts";
import { DEFAULT_PATH } from "#src/spec/build-env.ts";
import { PASSED_VARIABLES } from "#src/spec/defaults.ts";
import type { RunOptions } from "#src/spec/options.ts";

type Rule = Pick<EnvRule, "passes" | "value">;

/** The rules in the order in which they are asked: single variables first. */
export function buildEnvRules({ root, env, envAll }: RunOptions): readonly EnvRule[] {
  const rules = new Map<string, Rule>(PASSED_VARIABLES.map((name) => [name, { passes: true, value: undefined }]));
  rules.set("PATH", { passes: true, value: `PATH=${DEFAULT_PATH}` });
  if (root !== undefined && root.kind !== "host") {
    // The caller's folders and programs are not in there.
    if (!envAll) for (const name of ["SHELL", "USER"]) rules.delete(name);
    rules.set("HOME", { passes: false, value: "HOME=/root" });
    rules.set("PATH", { passes: false, value: `PATH=${DEFAULT_PATH}` });
  }
  for (const option of env) {
    const { name } = option;
    if (option.kind === "set") rules.set(name, { passes: false, value: `${name}=${option.value}` });
    else rules.set(name, { passes: true, value: rules.get(name)?.value });
  }
  const many = envAll ? "" : "LC_";
  return [
    ...[...rules].map(([name, rule]) => ({ text: `${name}=`, ...rule })),
    { text: many, passes: true, value: undefined },
  ];
}
