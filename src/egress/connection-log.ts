// --net-log: each connection that a box asked for, as a line of JSON. Written when it has ended, or was refused.
import { writeAll, type Fd } from "#ffi/libc/fd.ts";
import type { BoxProcess } from "./find-process.ts";
import type { Target } from "./policy.ts";
import type { Failure } from "./read-request.ts";

/** One line; the names are stable. */
export interface LogLine {
  /** When it was asked for, as in RFC 3339. */
  readonly time: string;
  readonly verdict: "allowed" | "refused" | "failed";
  readonly host: string;
  readonly port: number;
  readonly protocol: "connect" | "http" | "socks5";
  /** Where it led; only of what was allowed. */
  readonly address?: string | undefined;
  /** Bytes from the box to the host, and back. */
  readonly sent?: number | undefined;
  readonly received?: number | undefined;
  readonly milliseconds: number;
  /** Why it was refused, or could not be made. */
  readonly reason?: string | undefined;
  /** Who asked, as seen from outside; undefined where it had ended before it was looked for. */
  readonly process?: BoxProcess | undefined;
}

/** What is known of a connection that is being made. */
export interface LogEntry {
  connected(address: string): void;
  close(sent: number, received: number): void;
  fail(failure: Failure, reason: string): void;
}

export interface ConnectionLog {
  /** A request that names no host: not understood, or not to be. */
  bad(protocol: LogLine["protocol"], reason: string, clientPort: number | undefined): void;
  open(target: Target, protocol: LogLine["protocol"], clientPort: number | undefined): LogEntry;
  /** Writes what is still open, at the end of the box; nothing is written after that. */
  finish(): void;
}

/** Where lines go. */
export interface LogFiles {
  readonly all: Fd | undefined;
  /** Those of verdict "refused" alone. */
  readonly refused: Fd | undefined;
}

/** A log that appends to these files. `find` tells who has a port of the box's loopback. */
export function openConnectionLog(files: LogFiles, find: (port: number) => BoxProcess | undefined): ConnectionLog {
  const open = new Set<() => void>();
  let finished = false;
  const write = (line: LogLine): void => {
    // Its files may be closed by now, and their numbers those of others.
    if (finished) return;
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    if (files.all !== undefined) writeAll(files.all, bytes);
    if (files.refused !== undefined && line.verdict === "refused") writeAll(files.refused, bytes);
  };
  return {
    bad(protocol, reason, clientPort) {
      const process = clientPort === undefined ? undefined : find(clientPort);
      const time = new Date().toISOString();
      write({ time, verdict: "refused", host: "", port: 0, protocol, milliseconds: 0, reason, process });
    },
    open(target, protocol, clientPort) {
      const begun = Date.now();
      const process = clientPort === undefined ? undefined : find(clientPort);
      let address: string | undefined;
      const line = (verdict: LogLine["verdict"]): LogLine => ({
        time: new Date(begun).toISOString(),
        verdict,
        ...target,
        protocol,
        address,
        milliseconds: Date.now() - begun,
        process,
      });
      const unfinished = (): void => write({ ...line("allowed"), reason: "the box has ended" });
      return {
        connected(to) {
          address = to;
          open.add(unfinished);
        },
        close(sent, received) {
          open.delete(unfinished);
          write({ ...line("allowed"), sent, received });
        },
        fail(failure, reason) {
          open.delete(unfinished);
          write({ ...line(failure === "refused" ? "refused" : "failed"), reason });
        },
      };
    },
    finish() {
      for (const end of open) end();
      finished = true;
    },
  };
}
