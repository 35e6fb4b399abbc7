import { QgaClient } from './client.ts';
import type { ClientOptions, RequestOptions } from './options.ts';

/** A guest's QGA socket that outlives its connections: connects when it is needed and again after a loss. */
export class Door implements AsyncDisposable {
  #connection: Promise<QgaClient> | undefined;

  constructor(
    readonly path: string,
    private readonly options: ClientOptions,
  ) {}

  /** @throws as QgaClient.connect */
  async client(options: Pick<RequestOptions, 'signal'> = {}): Promise<QgaClient> {
    const current = this.#connection;
    const client = await current?.catch(() => undefined);
    if (client && !client.isClosed) return client;
    // Unless another caller was quicker: two connections would starve each other.
    if (this.#connection === current || this.#connection === undefined) {
      this.#connection = QgaClient.connect(this.path, { ...this.options, ...options });
    }
    return this.#connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = await this.#connection?.catch(() => undefined);
    await client?.close();
  }
}
