const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type Name = keyof typeof EXIT_CODES;
const NAMES: readonly Name[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];

/** While it lives, the signals that would end this process only abort `signal`, so that there is time to clean up. */
export class EndSignals implements Disposable {
  readonly #controller = new AbortController();
  readonly #received = (name: NodeJS.Signals): void => {
    this.exitCode ??= EXIT_CODES[name as Name];
    this.#controller.abort();
  };
  readonly signal = this.#controller.signal;
  /** What a shell expects of a process ended by the signal; undefined while none came. */
  exitCode: number | undefined;

  constructor() {
    for (const name of NAMES) process.on(name, this.#received);
  }

  [Symbol.dispose](): void {
    for (const name of NAMES) process.off(name, this.#received);
  }
}
