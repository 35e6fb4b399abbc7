import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { locate } from '#test/support/programs.ts';

/** What the judge says after each question. */
export interface Verdict {
  readonly result: unknown;
  /** All that VDSM has logged as a warning or worse since it began. */
  readonly complaints: readonly string[];
}

/** Folder of VDSM's source, which is not ours to carry. */
const SOURCE = process.env.UGA_VDSM_SOURCE ?? '';

/** Reason for a skip, or false. */
export function withoutVdsm(): string | false {
  if (locate('python3') === undefined) return 'python3 is not installed';
  const reader = path.join(SOURCE, 'lib/vdsm/virt/guestagent.py');
  return SOURCE !== '' && existsSync(reader) ? false : "UGA_VDSM_SOURCE names no folder with VDSM's source";
}

/** VDSM's own reader of the channel, connected to an agent; test/support/ovirt/judge.py. */
export class Judge implements Disposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(socket: string) {
    this.#child = spawn('python3', ['test/support/ovirt/judge.py', SOURCE, socket]);
    this.#child.stderr.pipe(process.stderr);
    this.#child.stdin.on('error', () => {}); // it says on stderr why it has ended
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Calls a method of VDSM's GuestAgent or of its events; `info` is the judge's own. */
  async ask(method: string, ...args: readonly unknown[]): Promise<Verdict> {
    this.#child.stdin.write(`${JSON.stringify([method, ...args])}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('the judge has gone');
    return JSON.parse(value);
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}
