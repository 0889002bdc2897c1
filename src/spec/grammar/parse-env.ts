// --env and --env-file.
import { NsboxError } from "#src/error.ts";
import type { EnvOption } from "#src/spec/options.ts";
import { usageError } from "./usage-error.ts";

/** "A=b" sets, "A" passes the caller's on. */
export function parseEnv(flag: string, text: string): EnvOption {
  const at = text.indexOf("=");
  const name = at === -1 ? text : text.slice(0, at);
  if (name === "" || text.includes("\0")) {
    throw usageError(
      flag,
      text,
      "the name is empty or holds a NUL byte",
      `write ${flag} NAME=VALUE, or ${flag} NAME to pass yours on`,
    );
  }
  return at === -1 ? { kind: "pass", name } : { kind: "set", name, value: text.slice(at + 1) };
}

/** A line for each variable, NAME=VALUE or NAME; empty lines and those that begin with # are left out. */
export function parseEnvFile(text: string, path: string): readonly EnvOption[] {
  return text.split("\n").flatMap((line, index): readonly EnvOption[] => {
    const content = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (content.trim() === "" || content.trimStart().startsWith("#")) return [];
    const name = content.split("=")[0] ?? "";
    if (/^[^\s=\0]+$/.test(name) && !content.includes("\0")) return [parseEnv("--env-file", content)];
    throw new NsboxError(
      "EUSAGE",
      `Cannot use --env-file ${JSON.stringify(path)}: line ${index + 1}: ${JSON.stringify(name)} is not a name`,
      {
        hint: "each line is NAME=VALUE, or NAME to pass yours on; there is no `export` and no quoting",
      },
    );
  });
}
