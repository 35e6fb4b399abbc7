import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '#protocol/control/message.ts';
import type { Io } from '#shared/cli/io.ts';
import { AgentError } from '#shared/errors.ts';
import { ask } from '../control/client.ts';

const CONNECT_AGAIN_MS = 1_000;
/** What is a time ago grows also while nothing changes. */
const REDRAW_MS = 1_000;

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const TOP_LEFT = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const CLEAR_ALL = '\u001b[2J';

export interface View {
  /** Undefined: no agent runs. */
  lines(answer: Answer | undefined, laterMs: number): readonly string[];
}

/**
 * Shows the agent as it changes, until `signal` aborts or nobody reads any more; one that ends is waited for. On a
 * terminal each state takes the place of the former one, line by line and so without flicker; elsewhere one follows
 * the other.
 */
export async function showLive(path: string, view: View, io: Pick<Io, 'stdout'>, signal: AbortSignal): Promise<void> {
  const screen = io.stdout.isTTY ? new Screen(io.stdout) : new Sequence(io.stdout);
  using redraw = new Redraw(screen, view);
  while (!signal.aborted) {
    try {
      for await (const answer of ask(path, 'watch', { timeoutMs: 5_000, signal })) redraw.take(answer);
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
    }
    if (signal.aborted) break;
    redraw.take(undefined);
    await sleep(CONNECT_AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}

interface Surface extends Disposable {
  readonly redraws: boolean;
  show(lines: readonly string[]): void;
}

/** Draws each new answer, and where that makes sense the present one again as it gets older. */
class Redraw implements Disposable {
  readonly #timer: NodeJS.Timeout | undefined;
  #answer: Answer | undefined;
  #cameAt = 0;
  #isFirst = true;

  constructor(
    private readonly surface: Surface,
    private readonly view: View,
  ) {
    if (surface.redraws) this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  take(answer: Answer | undefined): void {
    // Somebody who reads a file is told once that the agent is away, not each second.
    if (answer === undefined && this.#answer === undefined && !this.#isFirst) return;
    this.#answer = answer;
    this.#cameAt = performance.now();
    this.#isFirst = false;
    this.#draw();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.surface[Symbol.dispose]();
  }

  #draw(): void {
    if (!this.#isFirst) this.surface.show(this.view.lines(this.#answer, performance.now() - this.#cameAt));
  }
}

class Screen implements Surface {
  readonly redraws = true;

  constructor(private readonly stdout: Io['stdout'] & { readonly columns?: number; readonly rows?: number }) {
    stdout.write(HIDE_CURSOR + CLEAR_ALL);
  }

  show(lines: readonly string[]): void {
    const columns = this.stdout.columns || 80; // some terminals say 0
    const rows = this.stdout.rows || 24;
    const fitting = lines.slice(0, rows - 1).map((line) => line.slice(0, columns) + CLEAR_LINE);
    this.stdout.write(`${TOP_LEFT}${fitting.join('\n')}\n${CLEAR_BELOW}`);
  }

  [Symbol.dispose](): void {
    this.stdout.write(SHOW_CURSOR);
  }
}

class Sequence implements Surface {
  readonly redraws = false;

  constructor(private readonly stdout: Io['stdout']) {}

  show(lines: readonly string[]): void {
    this.stdout.write(`${lines.join('\n')}\n`);
  }

  [Symbol.dispose](): void {}
}
