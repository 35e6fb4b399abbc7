import { AgentError } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import { sendMessage } from '#shared/native/send-message.ts';
import { ByteStream } from '#shared/socket/byte-stream.ts';
import type { Guard, GuardEvents } from '../system.ts';
import { decodeMessage, encodeRequest, MESSAGE_SIZE, type Request } from './messages.ts';

/** The guard answers within microseconds, but for its start. */
const ANSWER_MS = 10_000;

interface Waiting {
  readonly request: Request;
  resolve(): void;
  reject(error: Error): void;
}

/** The agent's end of the socket. Its end, however it comes, is what makes the guard thaw. */
export class GuardClient implements Guard {
  readonly #fd: number;
  readonly #events: GuardEvents;
  readonly #stream: ByteStream;
  #unread = Buffer.alloc(0);
  #waiting: Waiting[] = [];
  #isOpen = true;

  /** @param fd non-blocking and connected; is ours from now on */
  constructor(fd: number, events: GuardEvents) {
    this.#fd = fd;
    this.#events = events;
    this.#stream = new ByteStream(
      fd,
      {
        present: () => {},
        data: (bytes) => this.#read(bytes),
        drained: () => {},
        ended: () => this.#lost(),
        failed: () => this.#lost(),
      },
      { paused: false, device: false, highWater: MESSAGE_SIZE },
    );
  }

  recordIn(folder: number): Promise<void> {
    return this.#ask('folder', 0, folder);
  }

  lease(seconds: number): Promise<void> {
    return this.#ask('lease', seconds);
  }

  hold(fileSystem: number): Promise<void> {
    return this.#ask('hold', 0, fileSystem);
  }

  forget(): Promise<void> {
    return this.#ask('forget', 0);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stream.close();
    for (const { reject } of this.#waiting.splice(0)) reject(gone());
  }

  #ask(request: Request, value: number, descriptor?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) throw gone();
      // Eight bytes fit, or the guard has not read hundreds of earlier ones.
      try {
        sendMessage(this.#fd, encodeRequest(request, value), descriptor === undefined ? {} : { descriptor });
      } catch (error) {
        throw gone(error);
      }
      const deadline = after(ANSWER_MS, () => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        reject(new AgentError('timeout', `the guard of the freeze does not answer to '${request}'`));
      });
      const settle = <T extends unknown[]>(how: (...args: T) => void) => {
        return (...args: T) => {
          deadline[Symbol.dispose]();
          how(...args);
        };
      };
      const waiting: Waiting = { request, resolve: settle(resolve), reject: settle(reject) };
      this.#waiting.push(waiting);
    });
  }

  #read(bytes: Uint8Array): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    while (this.#isOpen && this.#unread.length >= MESSAGE_SIZE) {
      const message = decodeMessage(this.#unread.subarray(0, MESSAGE_SIZE));
      this.#unread = this.#unread.subarray(MESSAGE_SIZE);
      if (message?.kind === 'ended') this.#events.leaseEnded();
      else if (message !== undefined && this.#waiting[0]?.request === message.to) this.#waiting.shift()?.resolve();
      else return this.#lost();
    }
  }

  #lost(): void {
    if (!this.#isOpen) return;
    this.close();
    this.#events.lost();
  }
}

function gone(cause?: unknown): AgentError {
  return new AgentError('failed', 'the guard of the freeze is gone', { cause });
}
