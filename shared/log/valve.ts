/** The most lines that wait; a frozen guest is quiet. */
const MAX_LINES = 2000;

/** Where log lines pass on their way out; while it is shut they wait in memory, because writing one could wait for ever (F2). */
export class LogValve {
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
