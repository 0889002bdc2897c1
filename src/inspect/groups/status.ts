// Fields of /proc/PID/status, see proc_pid_status(5).

export type Status = ReadonlyMap<string, string>;

/** The whole numbers of a field, which blanks separate. */
export function numbersOf(text: string | undefined): readonly number[] {
  const numbers: number[] = [];
  for (const part of (text ?? "").replaceAll("\t", " ").split(" ")) {
    const number = Number(part);
    // As it stands, so that no other spelling of a number is one.
    if (Number.isSafeInteger(number) && number >= 0 && String(number) === part) numbers.push(number);
  }
  return numbers;
}
