// --config: a file as plain data, by its ending.
import { readText } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import { explainErrno, NsboxError } from "#src/error.ts";

/** The text of a configuration file and what it holds. */
export interface ConfigFile {
  readonly text: string;
  readonly value: unknown;
}

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  json: (text) => Bun.JSONC.parse(text),
  jsonc: (text) => Bun.JSONC.parse(text),
  toml: (text) => Bun.TOML.parse(text),
  yaml: (text) => Bun.YAML.parse(text),
  yml: (text) => Bun.YAML.parse(text),
};

/** Reads and parses it. Throws NsboxError EUSAGE naming the file. */
export function readConfigFile(path: string): ConfigFile {
  const ending = path.slice(path.lastIndexOf(".") + 1);
  const parse = Object.hasOwn(PARSERS, ending) ? PARSERS[ending] : undefined;
  if (parse === undefined) {
    throw new NsboxError("EUSAGE", `Cannot read --config ${JSON.stringify(path)}: its ending says not what it is`, {
      hint: `end its name in .${Object.keys(PARSERS).join(", .")}`,
    });
  }
  const text = readConfigText(path);
  try {
    return { text, value: parse(text) };
  } catch (cause) {
    const [why = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new NsboxError("EUSAGE", `Cannot parse --config ${JSON.stringify(path)}: ${why}`, {
      hint: `it is read as ${ending.toUpperCase()}`,
      cause,
    });
  }
}

function readConfigText(path: string): string {
  try {
    return readText(path);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const { syscall, errno } = cause;
    const hint = "give a file with the flags of run as keys";
    throw new NsboxError("EUSAGE", `Cannot read --config ${JSON.stringify(path)}: ${explainErrno(errno)}`, {
      syscall,
      errno,
      hint,
      cause,
    });
  }
}
