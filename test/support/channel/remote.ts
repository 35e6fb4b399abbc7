import type { Channel, ChannelEvents } from '#system-agent/channels/channel.ts';
import type { HostEnd } from './driver.ts';

/**
 * The host's side commanded over a second channel, one JSON line a command and one an answer:
 *
 *     {"id":1,"do":"connect"}                        -> {"id":1}
 *     {"id":2,"do":"send","offset":0,"length":100}   -> {"id":2}  or  {"id":2,"error":"why"}
 */
export type HostCommand =
  | { readonly do: 'connect' | 'closed' | 'end' | 'close' | 'finish' }
  | { readonly do: 'send' | 'receive'; readonly offset: number; readonly length: number };

export interface HostAnswer {
  readonly id: number;
  readonly error?: string;
}

/** Answers commands, several at once. @returns what takes the bytes of the control connection */
export function answerCommands(
  connect: () => Promise<HostEnd>,
  finished: () => void,
  answer: (line: string) => void,
): (bytes: Uint8Array) => void {
  let host: HostEnd | undefined;
  const run = async (command: HostCommand): Promise<void> => {
    if (command.do === 'finish') return finished();
    if (command.do === 'connect') {
      host = await connect();
      return;
    }
    if (host === undefined) throw new Error('no host is connected');
    if (command.do === 'send' || command.do === 'receive') return host[command.do](command.offset, command.length);
    return host[command.do]();
  };
  return lines((line) => {
    const command: HostCommand & { readonly id: number } = JSON.parse(line);
    run(command).then(
      () => answer(`${JSON.stringify({ id: command.id })}\n`),
      (error: unknown) => answer(`${JSON.stringify({ id: command.id, error: String(error) })}\n`),
    );
  });
}

/** The commanding side, which runs beside the channel under test. */
export class RemoteHost implements HostEnd {
  readonly #control: Channel;
  readonly #waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  #lastId = 0;

  private constructor(control: Channel) {
    this.#control = control;
  }

  /** Resolves when somebody takes commands. */
  static open(control: Channel): Promise<RemoteHost> {
    const remote = new RemoteHost(control);
    return new Promise((resolve) => {
      const events: ChannelEvents = {
        connected: () => resolve(remote),
        data: lines((line) => remote.#settle(JSON.parse(line))),
        drained: () => {},
        ended: () => {},
        disconnected: () => {},
        isAtRest: true,
      };
      control.open(events);
    });
  }

  connect = () => this.#ask({ do: 'connect' });
  send = (offset: number, length: number) => this.#ask({ do: 'send', offset, length });
  receive = (offset: number, length: number) => this.#ask({ do: 'receive', offset, length });
  closed = () => this.#ask({ do: 'closed' });
  end = () => this.#ask({ do: 'end' });
  close = () => this.#ask({ do: 'close' });

  async finish(): Promise<void> {
    await this.#ask({ do: 'finish' });
    await this.#control.close();
  }

  #ask(command: HostCommand): Promise<void> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#control.write(Buffer.from(`${JSON.stringify({ id, ...command })}\n`));
    });
  }

  #settle({ id, error }: HostAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve();
    else waiting?.reject(new Error(error));
  }
}

function lines(use: (line: string) => void): (bytes: Uint8Array) => void {
  let rest = '';
  return (bytes) => {
    const parts = (rest + Buffer.from(bytes).toString('latin1')).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) use(part);
  };
}
