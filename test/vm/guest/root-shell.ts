import { AgentError } from '#shared/errors.ts';
import { LineSocket } from '../support/line-socket.ts';
import { until } from '../support/wait.ts';

/** How a command in the guest ended. */
export interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const COMMAND_SECONDS = 60;

/** The guest stops a command by itself; this is for the answer's way back on a busy machine. */
const SPARE_MS = 30_000;

/**
 * Runs shell text as root in the guest, on a port that no agent knows. The other end and the wire: lab-shell in the image.
 */
export class RootShell implements Disposable {
  #lastId = 0;

  private constructor(private readonly socket: LineSocket) {}

  /** Gives the shell once the guest answers on it. */
  static async connect(path: string, timeoutMs: number, check: () => void = () => {}): Promise<RootShell> {
    const shell = new RootShell(await LineSocket.connect(path, timeoutMs, check));
    try {
      await shell.ready(timeoutMs, check);
    } catch (error) {
      shell[Symbol.dispose](); // or nobody else gets at the port
      throw error;
    }
    return shell;
  }

  /** Waits until the guest answers: at the start, and after it has been started again. */
  async ready(timeoutMs: number, check: () => void = () => {}): Promise<void> {
    this.socket.send(''); // ends what an earlier host may have left unfinished
    await until(timeoutMs, 'the root shell of the guest', async () => {
      check();
      return this.#answers();
    });
  }

  /** What the command printed, without the last newline. @throws {AgentError} 'failed' for any status but 0 */
  async run(command: string, seconds = COMMAND_SECONDS): Promise<string> {
    const { status, stdout, stderr } = await this.try(command, seconds);
    if (status !== 0) throw new AgentError('failed', `in the guest: ${command}: status ${status}: ${stderr || stdout}`);
    return stdout.replace(/\n$/, '');
  }

  /** @param seconds after which the guest stops it (status 124 or 137) */
  async try(command: string, seconds = COMMAND_SECONDS): Promise<Result> {
    return this.#ask(command, seconds, seconds * 1000 + SPARE_MS);
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }

  /** A short wait, because before the guest has opened its end a request may get lost. */
  async #answers(): Promise<true | undefined> {
    try {
      await this.#ask('true', 5, PROBE_MS);
      return true;
    } catch (error) {
      if (error instanceof AgentError && error.code === 'timeout') return undefined;
      throw error;
    }
  }

  async #ask(command: string, seconds: number, timeoutMs: number): Promise<Result> {
    const id = `${process.pid}-${++this.#lastId}`;
    const answer = this.socket.find(timeoutMs, `the answer to "${command}"`, (line) => {
      const [answered, status, stdout = '', stderr = ''] = line.split(' ');
      if (answered !== id) return undefined;
      return { status: Number(status), stdout: decode(stdout), stderr: decode(stderr) };
    });
    this.socket.send(`${id} ${seconds} ${Buffer.from(command).toString('base64')}`);
    return answer;
  }
}

const PROBE_MS = 2000;

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
