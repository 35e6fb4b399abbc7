import { LineSocket } from '../support/line-socket.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 30_000;
const SYNC_AGAIN_MS = 10_000;

/** An answer of a guest agent, as JSON.parse gives it. */
export interface Answer {
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

/**
 * The host's side of the QEMU guest agent protocol at its plainest, so that no code is shared with what is tested: it
 * synchronises once and then writes one line and reads one.
 */
export class QgaClient implements Disposable {
  private constructor(private readonly socket: LineSocket) {}

  /** Comes back when the agent has answered, which is asked again as hosts do: an agent that starts reads anew. */
  static async connect(path: string): Promise<QgaClient> {
    const client = new QgaClient(await LineSocket.connect(path, CONNECT_TIMEOUT_MS));
    let id = Math.floor(Math.random() * 1e9);
    const answer = client.socket.find(ANSWER_TIMEOUT_MS, 'the answer to guest-sync', (line) =>
      line.includes(`${id}`) ? true : undefined,
    );
    const ask = () => client.send('guest-sync', { id: ++id }); // what answers an earlier one is not taken for the end
    ask();
    const again = setInterval(ask, SYNC_AGAIN_MS);
    try {
      await answer;
    } catch (error) {
      client[Symbol.dispose](); // or nobody else is let in
      throw error;
    } finally {
      clearInterval(again);
    }
    return client;
  }

  async ask(execute: string, args?: object): Promise<Answer> {
    const answer = this.socket.find(
      ANSWER_TIMEOUT_MS,
      `the answer to ${execute}`,
      (line) => JSON.parse(line) as Answer,
    );
    this.send(execute, args);
    return answer;
  }

  /** For a command that is not answered when it succeeds. */
  send(execute: string, args?: object): void {
    this.socket.send(JSON.stringify({ execute, arguments: args }));
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}
