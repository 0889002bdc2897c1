// --label, --restart and --log-size.
import type { Label } from "#src/spec/options.ts";
import type { Restart } from "#src/spec/spec.ts";
import { LOG_SIZE_MIN } from "../log-layout.ts";
import { parseSize, parseWhole } from "./parse-number.ts";
import { usageError } from "./usage-error.ts";

/** "tier=web", or "web" alone. */
export function parseLabel(text: string): Label {
  const match = /^([a-zA-Z0-9][a-zA-Z0-9_./-]{0,62})(?:=([ -~]{0,255}))?$/.exec(text);
  if (match !== null) return { name: match[1] ?? "", value: match[2] ?? "" };
  throw usageError("--label", text, "it is not NAME=VALUE", "write for example --label tier=web");
}

const TIMES_MAX = 1_000_000;

/** "no", "always", "on-failure", "on-failure:5". */
export function parseRestart(text: string): Restart {
  if (text === "no" || text === "always") return { kind: text };
  if (text === "on-failure") return { kind: text, max: undefined };
  const times = /^on-failure:(.*)$/.exec(text)?.[1];
  if (times !== undefined) return { kind: "on-failure", max: parseWhole("--restart", times, [1, TIMES_MAX]) };
  throw usageError("--restart", text, "it is not one of its words", "use no, on-failure, on-failure:N, always");
}

/** "10m", "unlimited". */
export function parseLogSize(text: string): number | "unlimited" {
  if (text === "unlimited") return text;
  const bytes = parseSize("--log-size", text);
  if (bytes >= LOG_SIZE_MIN) return bytes;
  throw usageError("--log-size", text, "that is too little to keep a log in", "give 1m or more, or unlimited");
}
