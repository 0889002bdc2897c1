// Offsets of clocks, see time_namespaces(7).
import { parseLines } from "../proc-text.ts";
import { type Group, type Readable, rows, shown } from "./group.ts";

export interface ClockOffset {
  /** "monotonic" or "boottime". */
  readonly clock: string;
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** /proc/PID/timens_offsets; older kernels number the clocks. */
export function parseClockOffsets(text: string): readonly ClockOffset[] {
  return parseLines(text, (line) => {
    const match = /^\s*(monotonic|boottime|1|7)\s+(-?\d{1,15})\s+(\d{1,9})\s*$/.exec(line);
    if (match === null) return undefined;
    const [, clock = "", seconds = "", nanoseconds = ""] = match;
    const name = clock === "1" ? "monotonic" : clock === "7" ? "boottime" : clock;
    return { clock: name, seconds: Number(seconds), nanoseconds: Number(nanoseconds) };
  });
}

const CLOCK_MEANING: Readonly<Record<string, string>> = {
  monotonic: "the clock that only goes forward",
  boottime: "the same, and through sleep: its uptime",
};

export function explainClocks(offsets: Readable<readonly ClockOffset[]>): Group {
  const list =
    "value" in offsets
      ? offsets.value.map((offset) => ({
          label: offset.clock,
          value: explainOffset(offset),
          note: CLOCK_MEANING[offset.clock] ?? "",
        }))
      : [{ label: "offsets", value: shown(offsets, () => "") }];
  return { title: "Time", meaning: "how far its clocks are ahead of the machine's", blocks: [rows(...list)] };
}

function explainOffset({ seconds, nanoseconds }: ClockOffset): string {
  if (seconds === 0 && nanoseconds === 0) return "as the machine's";
  const total = seconds + nanoseconds / 1e9;
  return total >= 0 ? `${total} s ahead` : `${-total} s behind`;
}
