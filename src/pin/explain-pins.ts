// Pins → text and JSON for people and programs. Pure.
import type { NamespaceType } from "#src/spec/spec.ts";
import type { PinHolder } from "./pin-record.ts";
import type { Pin } from "./pin-store.ts";

/** A pin as `--json` has it. Names are stable. */
export interface PinView {
  readonly name: string;
  /** live: it can be entered. */
  readonly state: "live" | "broken";
  /** Why it is broken. */
  readonly reason?: string;
  readonly holder?: PinHolder;
  readonly namespaces: readonly { readonly type: NamespaceType; readonly inode: number; readonly path?: string }[];
  readonly madeAt?: string;
}

/** `pathOf` gives the path by which one is entered. */
export function viewPin(
  { name, record, broken }: Pin,
  pathOf: (holder: PinHolder, type: NamespaceType) => string,
): PinView {
  return {
    name,
    state: broken === undefined ? "live" : "broken",
    ...(broken === undefined ? {} : { reason: broken }),
    ...(record === undefined ? {} : { holder: record.holder, madeAt: isoTime(record.madeAt) }),
    namespaces: (record?.namespaces ?? []).map((one) => ({
      ...one,
      ...(record === undefined || broken !== undefined ? {} : { path: pathOf(record.holder, one.type) }),
    })),
  };
}

const HEADINGS = ["NAME", "NAMESPACES", "HELD BY", "MADE"] as const;

/** A line for each pin, under headings; what is broken says why. */
export function explainPins(pins: readonly Pin[]): string {
  if (pins.length === 0) return "no namespaces are pinned; nsbox ns pin --help shows how\n";
  const rows = pins.map(({ name, record, broken }) => [
    name,
    record?.namespaces.map(({ type }) => type).join(" ") ?? "",
    broken === undefined ? explainHolder(record?.holder) : `broken: ${broken}`,
    record === undefined ? "" : isoTime(record.madeAt),
  ]);
  const table = [[...HEADINGS], ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) => row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join("  "));
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** "mounts", "process 4711". */
export function explainHolder(holder: PinHolder | undefined): string {
  if (holder === undefined) return "nothing";
  return holder.kind === "mount" ? "mounts" : `process ${holder.pid}`;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z/, "Z");
}
