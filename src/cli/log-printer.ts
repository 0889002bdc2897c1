// How a log is printed: as it is, or line by line with the time of each.
import { printBytes, printError } from "#src/host/print.ts";
import { isTerminal } from "#src/host/read-facts.ts";
import type { LogPart } from "#src/state/box-log.ts";
import { TerminalFilter } from "./terminal-filter.ts";
import { type LogTime, timeMs } from "#src/state/log-times.ts";

export interface LogFormat {
  readonly json: boolean;
  readonly timestamps: boolean;
  /** In ms since 1970. */
  readonly until: number | undefined;
}

export interface LogPrinter {
  /** false where nobody reads it any more, or what follows is too late. */
  print(part: LogPart): boolean;
  /** A last line that has no end. */
  end(): void;
}

const GAPS: Readonly<Record<NonNullable<LogPart["gap"]>, string>> = {
  full: "output is missing here: there was no room for it on the disk of the log",
  overtaken: "output is missing here: the box printed faster than this could be read",
};

export function openLogPrinter(format: LogFormat): LogPrinter {
  const { json, timestamps, until } = format;
  const filter = isTerminal(1) ? new TerminalFilter() : undefined;
  const write: Write = (bytes) => printBytes(filter?.feed(bytes) ?? bytes);
  const lines = json || timestamps ? new LinePrinter(json ? jsonLine : stampedLine, write) : undefined;
  return {
    print({ bytes, time, gap }) {
      if (gap !== undefined) printError(`nsbox: note: ${GAPS[gap]}\n`);
      if (until !== undefined && time !== undefined && timeMs(time) > until) return false;
      return lines === undefined ? write(bytes) : lines.print(bytes, time);
    },
    end: () => {
      lines?.end();
      if (filter !== undefined) printBytes(filter.end());
    },
  };
}

/** false where nobody reads it any more. */
type Write = (bytes: Uint8Array) => boolean;
type Format = (line: string, time: LogTime | undefined) => string;

/** RFC 3339, to the nanosecond. */
export function timeText({ seconds, nanoseconds }: LogTime): string {
  const whole = new Date(seconds * 1000).toISOString().slice(0, -".000Z".length);
  return `${whole}.${String(nanoseconds).padStart(9, "0")}Z`;
}

const jsonLine: Format = (line, time) =>
  `${JSON.stringify({ time: time === undefined ? null : timeText(time), line })}\n`;
const stampedLine: Format = (line, time) => `${time === undefined ? "-" : timeText(time)} ${line}\n`;

/** Hands on whole lines, with the time at which each began; the rest of one waits for its end. */
class LinePrinter {
  readonly #format: Format;
  readonly #write: Write;
  readonly #decoder: TextDecoder = new TextDecoder();
  #rest = "";
  #began: LogTime | undefined;

  constructor(format: Format, write: Write) {
    this.#format = format;
    this.#write = write;
  }

  print(bytes: Uint8Array, time: LogTime | undefined): boolean {
    if (this.#rest === "") this.#began = time;
    const [head = "", ...others] = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    if (others.length === 0) {
      this.#rest = head;
      return true;
    }
    this.#rest = others.pop() ?? "";
    const text = [this.#format(head, this.#began), ...others.map((line) => this.#format(line, time))].join("");
    this.#began = time;
    return this.#write(new TextEncoder().encode(text));
  }

  end(): void {
    if (this.#rest !== "") this.#write(new TextEncoder().encode(this.#format(this.#rest, this.#began)));
    this.#rest = "";
  }
}
