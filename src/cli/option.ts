// What a flag is: a row that the parser, the help, configuration files and completions all read.

/** One flag of one command; `T` is what the command's flags add up to while they are parsed. */
export interface Option<T> {
  /** Without the leading dashes. */
  readonly name: string;
  readonly short?: string;
  /** What stands for the value in help; a flag without one takes none. */
  readonly value?: string;
  /** May be given more than once. */
  readonly repeatable?: true;
  readonly group: string;
  readonly doc: string;
  /** Takes the value in; "" for a flag without one. Throws NsboxError EUSAGE. */
  apply(draft: T, value: string): void;
}
