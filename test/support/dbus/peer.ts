import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** peer.js from the test's side. */
export class Peer implements AsyncDisposable {
  readonly #child: ChildProcess;
  name = '';

  private constructor(address: string) {
    this.#child = fork(path.resolve('test/support/dbus/peer.js'), [address], { execArgv: [] });
  }

  static async start(address: string): Promise<Peer> {
    const peer = new Peer(address);
    try {
      peer.name = await peer.#answer();
      return peer;
    } catch (error) {
      await peer[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Resolves when the peer has done it. */
  async send(command: string, parameters: object = {}): Promise<string> {
    this.#child.send({ command, ...parameters });
    return this.#answer();
  }

  async #answer(): Promise<string> {
    const [answer] = await once(this.#child, 'message', { signal: AbortSignal.timeout(10_000) });
    return String(answer.result);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
