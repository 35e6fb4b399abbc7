import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { AgentError } from '#shared/errors.ts';
import { until, within } from './wait.ts';

const MAX_LINE = 16 << 20;

interface Waiter {
  /** True when the line was taken. */
  offer(line: string): boolean;
  fail(error: Error): void;
}

/**
 * A unix socket, or a program's pipes, whose other end speaks lines: QMP, the root shell, the QEMU guest agent, a SPICE client. A line goes to the first waiter that
 * takes it; what nobody waits for is dropped.
 */
export class LineSocket implements Disposable {
  readonly #path: string;
  readonly #socket: Duplex;
  readonly #waiters = new Set<Waiter>();
  readonly #watchers: ((line: string) => void)[] = [];
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #ended: Error | undefined;

  private constructor(path: string, socket: Duplex) {
    this.#path = path;
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#receive(this.#decoder.write(bytes)));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new AgentError('failed', `${path}: closed by the other side`)));
  }

  /** Connects as soon as somebody listens. Give up by throwing from `check`. */
  static async connect(path: string, timeoutMs: number, check: () => void = () => {}): Promise<LineSocket> {
    const socket = await until(timeoutMs, `a listener on ${path}`, async () => {
      check();
      return tryConnect(path);
    });
    return new LineSocket(path, socket);
  }

  /** @param name for the texts of errors */
  static over(stream: Duplex, name: string): LineSocket {
    return new LineSocket(name, stream);
  }

  send(line: string): void {
    this.write(`${line}\n`);
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /**
   * The first line from now on for which `pick` gives a value. To see a reply, call this before sending the request.
   * @throws {AgentError} 'timeout', or 'failed' when the connection ends first
   */
  find<T>(timeoutMs: number, what: string, pick: (line: string) => T | undefined): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    let waiter: Waiter | undefined;
    const found = new Promise<T>((resolve, reject) => {
      waiter = {
        offer: (line) => {
          const value = pick(line);
          if (value !== undefined) resolve(value);
          return value !== undefined;
        },
        fail: reject,
      };
      this.#waiters.add(waiter);
    });
    return within(timeoutMs, `${what} on ${this.#path}`, found).finally(() => waiter && this.#waiters.delete(waiter));
  }

  /** Shows every line from now on to `listener`, also those that somebody waits for. */
  watch(listener: (line: string) => void): void {
    this.#watchers.push(listener);
  }

  /** Settles when the other side is gone. */
  async closed(timeoutMs: number): Promise<void> {
    if (!this.#socket.closed) await within(timeoutMs, `the end of ${this.#path}`, once(this.#socket, 'close'));
  }

  close(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE) {
      this.#socket.destroy(new AgentError('malformed', `${this.#path}: a line of more than ${MAX_LINE} characters`));
      return;
    }
    for (const line of lines) {
      for (const watcher of this.#watchers) watcher(line);
      for (const waiter of this.#waiters) {
        if (!waiter.offer(line)) continue;
        this.#waiters.delete(waiter);
        break;
      }
    }
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const waiter of this.#waiters) waiter.fail(this.#ended);
    this.#waiters.clear();
  }
}

async function tryConnect(path: string): Promise<Socket | undefined> {
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}
