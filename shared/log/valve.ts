/** The most lines that wait; a frozen guest is quiet. */
const MAX_LINES = 2000;

/** What holds lines back while a write of one could wait for ever (F2). */
export interface Valve {
  /** Idempotent. */
  shut(): void;
  /** Lets out what has waited. Idempotent. @returns how many lines were lost because too many waited */
  open(): number;
}

/** Two as one. */
export function bothValves(first: Valve, second: { shut(): void; open(): void } | undefined): Valve {
  if (second === undefined) return first;
  return {
    shut() {
      first.shut();
      second.shut();
    },
    open() {
      second.open(); // says itself what it has lost, and may have something to log
      return first.open();
    },
  };
}

/** Where log lines pass on their way out; while it is shut they wait in memory, because writing one could wait for ever (F2). */
export class LogValve implements Valve {
  #held: string[] | undefined;
  #dropped = 0;

  /** @param write must not throw */
  constructor(private readonly write: (line: string) => void) {}

  get isShut(): boolean {
    return this.#held !== undefined;
  }

  pass(line: string): void {
    if (this.#held === undefined) this.write(line);
    else if (this.#held.length < MAX_LINES) this.#held.push(line);
    else this.#dropped++;
  }

  /** Idempotent. */
  shut(): void {
    this.#held ??= [];
  }

  /** Lets out what has waited. @returns how many lines were lost because too many waited */
  open(): number {
    const held = this.#held ?? [];
    const dropped = this.#dropped;
    this.#held = undefined;
    this.#dropped = 0;
    for (const line of held) this.write(line);
    return dropped;
  }
}
