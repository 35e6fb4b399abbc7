import { AgentError } from '#shared/errors.ts';
import { LineSocket } from '../support/line-socket.ts';
import { until } from '../support/wait.ts';

const REPLY_TIMEOUT_MS = 30_000;

type EventData = Readonly<Record<string, unknown>>;

/** QEMU's control socket. Source: QEMU docs/interop/qmp-spec.rst. */
export class Qmp implements Disposable {
  #lastId = 0;

  private constructor(private readonly socket: LineSocket) {}

  static async connect(path: string, timeoutMs: number, check: () => void): Promise<Qmp> {
    const qmp = new Qmp(await LineSocket.connect(path, timeoutMs, check));
    await qmp.execute('qmp_capabilities');
    return qmp;
  }

  /** @throws {AgentError} 'failed' with QEMU's own words */
  async execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = this.socket.find(REPLY_TIMEOUT_MS, `the answer to ${command}`, (line) => {
      const message = JSON.parse(line);
      return message.id === id ? message : undefined;
    });
    this.socket.send(JSON.stringify({ execute: command, arguments: args, id }));
    const { return: result, error } = await answer;
    if (error) throw new AgentError('failed', `${command}: ${error.desc}`);
    return result;
  }

  /** The data of the first such event after this call, or of the first that is wanted. */
  async event(
    name: string,
    timeoutMs: number,
    isWanted: (data: EventData) => boolean = () => true,
  ): Promise<EventData> {
    return this.socket.find(timeoutMs, `the event ${name}`, (line) => {
      const message = JSON.parse(line);
      const data: EventData = message.data ?? {};
      return message.event === name && isWanted(data) ? data : undefined;
    });
  }

  /** Stops the machine and writes its memory and devices to a file. */
  async saveMemory(file: string, timeoutMs: number): Promise<void> {
    await this.execute('stop');
    await this.execute('migrate', { uri: `exec:cat > ${file}` });
    const status = await until(timeoutMs, 'the machine to be saved', async () => {
      const { status } = (await this.execute('query-migrate')) as { status?: string };
      return status === 'completed' || status === 'failed' ? status : undefined;
    });
    if (status === 'failed') throw new AgentError('failed', 'QEMU could not save the machine');
  }

  /** Lets a machine run that was started from a saved state. */
  async continueSaved(timeoutMs: number): Promise<void> {
    await until(timeoutMs, 'the saved machine to be read', async () => {
      const { status } = (await this.execute('query-status')) as { status: string };
      return status === 'inmigrate' ? undefined : status;
    });
    await this.execute('cont');
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}
