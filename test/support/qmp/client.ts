import { connect, type Socket } from 'node:net';
import { until } from '#test/support/programs.ts';

/** A message of a QMP server, as a client reads it. */
export interface Heard {
  readonly id?: unknown;
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
  readonly event?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly timestamp?: { readonly seconds: number; readonly microseconds: number };
}

const TIMEOUT_MS = 20_000;

/**
 * A QMP client after the published specification, QEMU docs/interop/qmp-spec.rst. It shares no code with the server:
 * what both sides read wrongly alike would go unnoticed.
 */
export class QmpClient implements Disposable {
  readonly events: Heard[] = [];
  /** Every line as it came, without CRLF. */
  readonly lines: string[] = [];
  readonly #answers: Heard[] = [];
  #rest = '';
  #lastId = 0;
  closed = false;

  private constructor(
    readonly socket: Socket,
    private readonly name: string,
    private readonly check: (text: string) => void,
  ) {
    socket.setEncoding('latin1');
    socket.on('data', (text) => this.#read(String(text)));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
    });
  }

  /**
   * Connected, and not yet greeted.
   * @param check throws for what must not be said to that server
   */
  static async connect(path: string, name = 'client', check: (text: string) => void = () => {}): Promise<QmpClient> {
    const socket = connect({ path });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new QmpClient(socket, name, check);
  }

  /** Greeted and in command mode. */
  static async negotiated(...to: Parameters<typeof QmpClient.connect>): Promise<QmpClient> {
    const client = await QmpClient.connect(...to);
    await client.line(0);
    await client.execute('qmp_capabilities');
    return client;
  }

  say(text: string): void {
    this.check(text);
    this.socket.write(text, 'latin1');
  }

  /** Line number `index` of all that came. */
  async line(index: number): Promise<string> {
    await until(() => this.lines.length > index || this.closed, `line ${index}`, TIMEOUT_MS);
    const line = this.lines[index];
    if (line === undefined) throw new Error('the server closed the connection');
    return line;
  }

  /** @returns what came back: never rejects for an error of the server's */
  async ask(execute: string, args?: object): Promise<Heard> {
    const id = `${this.name}-${++this.#lastId}`;
    this.say(JSON.stringify({ execute, arguments: args, id }));
    const find = () => this.#answers.find((one) => one.id === id);
    await until(() => find() !== undefined || this.closed, `the answer to ${execute}`, TIMEOUT_MS);
    const answer = find();
    if (answer === undefined) throw new Error('the server closed the connection');
    this.#answers.splice(this.#answers.indexOf(answer), 1);
    return answer;
  }

  async execute(command: string, args?: object): Promise<unknown> {
    const { error, return: result } = await this.ask(command, args);
    if (error) throw new Error(`${error.class}: ${error.desc}`);
    return result;
  }

  /** The first event of that name, now or later. */
  async event(name: string, skip = 0): Promise<Heard> {
    const find = () => this.events.filter((one) => one.event === name)[skip];
    await until(() => find() !== undefined, `the event ${name}`, TIMEOUT_MS);
    return find() as Heard;
  }

  #read(text: string): void {
    const parts = (this.#rest + text).split('\r\n');
    this.#rest = parts.pop() ?? '';
    for (const line of parts) {
      this.lines.push(line);
      const message: Heard = JSON.parse(line);
      if (message.event !== undefined) this.events.push(message);
      else this.#answers.push(message);
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
