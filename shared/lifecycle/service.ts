/** A part of the daemon that runs until it is told to stop. */
export interface Service {
  readonly name: string;
  /** Resolves when the service does its work; it never waits for a host. Aborting `signal` abandons the start. */
  start(signal: AbortSignal): Promise<void>;
  /** Idempotent. Also safe before, during or after a failed start. */
  stop(): Promise<void>;
}

/** Starts in the given order, stops in the reverse; a failed start undoes the earlier ones. */
export class ServiceGroup implements Service {
  readonly #running: Service[] = [];

  constructor(
    readonly name: string,
    private readonly services: readonly Service[],
  ) {}

  async start(signal: AbortSignal): Promise<void> {
    try {
      for (const service of this.services) {
        signal.throwIfAborted();
        this.#running.push(service); // before start: a half-started service is stopped too
        await service.start(signal);
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    const errors: unknown[] = [];
    for (let service = this.#running.pop(); service; service = this.#running.pop()) {
      await service.stop().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw new AggregateError(errors, `${this.name}: services failed to stop`);
  }
}
