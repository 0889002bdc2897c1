// Fields of /proc/PID/status, see proc_pid_status(5).

export type Status = ReadonlyMap<string, string>;

/** The whole numbers of a field, which blanks separate. */
export function numbersOf(text: string | undefined): readonly number[] {
  return (text ?? "")
    .split(/\s+/)
    .filter((part) => /^\d{1,15}$/.test(part))
    .map(Number);
}
