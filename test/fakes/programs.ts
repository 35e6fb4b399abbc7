import type { Argv, Programs, Started } from '#session-agent/screen-lock/programs.ts';

/** A program that the test plays. Without `ends` it runs until it is killed. */
export interface Played {
  /** It ends by itself with this status. */
  readonly ends?: number;
  readonly lines?: readonly string[];
}

/** Programs that are nowhere: the test says what each prints and when it ends. */
export class FakePrograms implements Programs {
  /** What was started, oldest first. */
  readonly started: Argv[] = [];
  readonly #running = new Set<{
    readonly argv: Argv;
    end(status: number | undefined): void;
    line(text: string): void;
  }>();

  /** @param play undefined: there is no such program */
  constructor(private readonly play: (argv: Argv) => Played | undefined = () => undefined) {}

  start(argv: Argv): Started {
    return this.read(argv, () => {});
  }

  read(argv: Argv, line: (text: string) => void): Started {
    this.started.push(argv);
    const { promise, resolve } = later<number | undefined>();
    const played = this.play(argv);
    const running = {
      argv,
      line,
      end: (status: number | undefined) => {
        this.#running.delete(running);
        resolve(status);
      },
    };
    this.#running.add(running);
    for (const text of played?.lines ?? []) line(text);
    if (played === undefined) running.end(undefined);
    else if (played.ends !== undefined) running.end(played.ends);
    return { ended: promise, kill: () => running.end(undefined) };
  }

  /** One that still runs prints a line. @returns whether there is one */
  say(word: string, text: string): boolean {
    const found = [...this.#running].find(({ argv }) => argv.includes(word));
    found?.line(text);
    return found !== undefined;
  }

  /** Ends what still runs. */
  endAll(): void {
    for (const running of [...this.#running]) running.end(0);
  }
}

function later<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
