// What was refused to a box, as lines of JSON whose names are stable: docs/security.md.

/** Who made the call. */
export interface Caller {
  /** As seen from outside, and in the PID namespace that it is in itself. */
  readonly pid: number;
  readonly pidInside: number | undefined;
  /** The name that it has given itself. */
  readonly command: string;
}

/** A system call that the filter refused. */
export interface CallRefusal {
  readonly kind: "syscall";
  /** When it was answered, as in RFC 3339. */
  readonly time: string;
  readonly syscall: string;
  readonly args: readonly string[];
  /** EPERM and the like. */
  readonly errno: string;
  /** undefined where it had ended before it was looked at. */
  readonly process: Caller | undefined;
}

/** A host that the proxy did not connect to. */
export interface HostRefusal {
  readonly kind: "host";
  readonly time: string;
  readonly host: string;
  readonly port: number;
  readonly reason: string;
  readonly process: Omit<Caller, "pidInside"> | undefined;
}

export type Refusal = CallRefusal | HostRefusal;

/** A line, with its end, that is harmless on a terminal: what JSON leaves of control and direction characters is escaped too. */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value).replace(
    UNSHOWN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${text}\n`;
}

const UNSHOWN = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
