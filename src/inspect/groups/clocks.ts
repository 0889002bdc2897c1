// Offsets of clocks, see time_namespaces(7).
import { isDigits, parseLines, wordsOf } from "../proc-text.ts";
import { type Group, type Readable, rows, shown } from "./group.ts";
import { mapList } from "./lists.ts";

export interface ClockOffset {
  /** "monotonic" or "boottime". */
  readonly clock: string;
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** /proc/PID/timens_offsets; older kernels number the clocks. */
export function parseClockOffsets(text: string): readonly ClockOffset[] {
  return parseLines(text, (line) => {
    const words = wordsOf(line);
    const [clock, seconds, nanoseconds] = [words[0], words[1] ?? "", words[2]];
    const name = clock === "1" ? "monotonic" : clock === "7" ? "boottime" : clock;
    if ((name !== "monotonic" && name !== "boottime") || words.length > 3) return undefined;
    const size = seconds.startsWith("-") ? seconds.slice(1) : seconds;
    if (!isDigits(size, SECONDS_DIGITS) || !isDigits(nanoseconds, NANOSECONDS_DIGITS)) return undefined;
    return { clock: name, seconds: Number(seconds), nanoseconds: Number(nanoseconds) };
  });
}

const SECONDS_DIGITS = 15;
const NANOSECONDS_DIGITS = 9;

const CLOCK_MEANING: Readonly<Record<string, string>> = {
  monotonic: "the clock that only goes forward",
  boottime: "the same, and through sleep: its uptime",
};

export function explainClocks(offsets: Readable<readonly ClockOffset[]>): Group {
  const list =
    "value" in offsets
      ? mapList(offsets.value, (offset) => ({
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
