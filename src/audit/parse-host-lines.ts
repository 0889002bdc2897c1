// Lines of the proxy's own log (src/egress/connection-log.ts) → what it refused. Pure.
import type { HostRefusal } from "./refusal.ts";

/** More than any line of the proxy's is: what is longer is not one. */
const LINE_MAX = 256 * 1024;

/** The refusals in these lines, and what is left of a line that has not ended. */
export function parseHostLines(text: string): { readonly refusals: readonly HostRefusal[]; readonly rest: string } {
  const lines = text.split("\n");
  const rest = lines.pop() ?? "";
  return { refusals: lines.flatMap(parseHostLine), rest: rest.length > LINE_MAX ? "" : rest };
}

function parseHostLine(line: string): readonly HostRefusal[] {
  const value = parseOrNot(line);
  if (typeof value !== "object" || value === null) return [];
  const { time, verdict, host, port, reason, process } = value as Readonly<Record<string, unknown>>; // any object
  if (verdict !== "refused" || typeof time !== "string") return [];
  if (typeof host !== "string" || typeof port !== "number") return [];
  return [
    {
      kind: "host",
      time,
      host,
      port,
      reason: typeof reason === "string" ? reason : "",
      process: parseProcess(process),
    },
  ];
}

function parseProcess(value: unknown): HostRefusal["process"] {
  if (typeof value !== "object" || value === null) return undefined;
  const { pid, command } = value as Readonly<Record<string, unknown>>; // any object
  return typeof pid === "number" && typeof command === "string" ? { pid, command } : undefined;
}

function parseOrNot(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // not the proxy's
  }
}
