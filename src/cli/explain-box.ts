// A box in words.
import type { Box } from "#src/state/box-store.ts";

export type BoxState = "running" | "paused" | "restarting" | "exited";

/** What a box is doing. */
export function stateOf({ life, status, record }: Box): BoxState {
  if (life === "ended") return "exited";
  if (life === "stopped") return "paused";
  const again = record.spec.box.detached?.restart.kind ?? "no";
  return status.end !== undefined && again !== "no" ? "restarting" : "running";
}

/** 137, as for any killed process, where the init was killed and nobody saw it. */
const KILLED = 137;

/** undefined while it is running. */
export function exitCodeOf(box: Box): number | undefined {
  return box.life === "ended" ? (box.status.end?.exitCode ?? KILLED) : undefined;
}

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** "3 minutes". */
export function explainSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds === 0) return "less than a second";
  const [name, size] = UNITS.find(([, length]) => seconds >= length * 2) ?? ["second", 1];
  const count = Math.floor(seconds / size);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

/** "exited with 7 3 minutes ago", of a box that has ended. */
export function explainEnd({ status }: Box, now: number): string {
  const { end } = status;
  if (end === undefined) return "was killed from outside, or ended with the machine";
  const how = end.signal === undefined ? `exited with ${end.exitCode}` : `was ended by ${end.signal}`;
  return `${how} ${explainSpan(now - end.at)} ago`;
}

/** What a box does, in a few words. */
export function explainState(box: Box, now: number): string {
  const state = stateOf(box);
  if (state === "exited") return explainEnd(box, now);
  const starts = box.status.starts > 1 ? `, start ${box.status.starts}` : "";
  return `${state === "running" ? "running" : state} for ${explainSpan(now - box.status.startedAt)}${starts}`;
}

/** A box as data: what every --json prints. */
export function boxJson(box: Box): Readonly<Record<string, unknown>> {
  const { name, record, status } = box;
  const { end } = status;
  const time = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());
  return {
    name,
    state: stateOf(box),
    pid: box.life === "ended" ? null : record.process.pid,
    exitCode: exitCodeOf(box) ?? null,
    signal: end?.signal ?? null,
    createdAt: time(record.createdAt),
    startedAt: time(status.startedAt),
    endedAt: time(box.life === "ended" ? end?.at : undefined),
    starts: status.starts,
    command: record.spec.process.args,
    labels: Object.fromEntries(record.labels.map((label) => [label.name, label.value])),
    log: record.log.kind === "own" ? `${box.folder}/log` : record.log.kind === "file" ? record.log.path : null,
  };
}
