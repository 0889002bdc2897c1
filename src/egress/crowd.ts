// How many connections a box may have to its proxy at once: so many that no program notices, and so few that a box which
// opens them for their own sake takes files and memory from nobody.

/** Those that have not said yet where they want to go: the oldest makes way for the newest. */
const SILENT_MAX = 128;
/** Each takes two files here, and 1024 files is what a process may have open at least. */
const SPEAKING_MAX = 400;
const LOOK_MS = 100;

export interface Visitor {
  /** It has to go; `reason` is for the log. */
  leave(reason: string): void;
}

export class Crowd {
  readonly #silent = new Set<Visitor>();
  readonly #speaking = new Set<Visitor>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** A connection has come. */
  enter(visitor: Visitor): void {
    this.#silent.add(visitor);
    const [oldest] = this.#silent;
    if (oldest === undefined || this.#silent.size <= SILENT_MAX) return;
    this.#silent.delete(oldest);
    oldest.leave(`it said nothing, and ${SILENT_MAX} others wait`);
  }

  /** It has said where it wants to go; false: there are too many. */
  speak(visitor: Visitor): boolean {
    this.#silent.delete(visitor);
    if (this.#speaking.size >= SPEAKING_MAX) return false;
    this.#speaking.add(visitor);
    return true;
  }

  /** Whether it is to be looked for who a silent one was: that goes through all processes, and so not for each of many. */
  mayLookFor(now: number): boolean {
    if (now - this.#lookedAt < LOOK_MS) return false;
    this.#lookedAt = now;
    return true;
  }

  /** It has gone. */
  exit(visitor: Visitor): void {
    this.#silent.delete(visitor);
    this.#speaking.delete(visitor);
  }
}

/** What is said to one too many. */
export const TOO_MANY: string = `it has ${SPEAKING_MAX} connections at once`;
