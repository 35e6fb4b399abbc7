interface Connected {
  readonly isClosed: boolean;
  close(): Promise<void>;
}

/** A guest's door that outlives its connections: connects when it is needed and again after a loss. */
export class Lasting<Client extends Connected> implements AsyncDisposable {
  #connection: Promise<Client> | undefined;

  constructor(private readonly connect: (signal: AbortSignal | undefined) => Promise<Client>) {}

  /** @throws as `connect` */
  async client({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Client> {
    const current = this.#connection;
    const client = await current?.catch(() => undefined);
    if (client && !client.isClosed) return client;
    // Unless another caller was quicker: two connections would starve each other.
    if (this.#connection === current || this.#connection === undefined) this.#connection = this.connect(signal);
    return this.#connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = await this.#connection?.catch(() => undefined);
    await client?.close();
  }
}
