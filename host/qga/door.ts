import { Lasting } from '#host/connection/lasting.ts';
import { QgaClient } from './client.ts';
import type { ClientOptions } from './options.ts';

/** A guest's QGA socket that outlives its connections. */
export class Door extends Lasting<QgaClient> {
  constructor(
    readonly path: string,
    options: ClientOptions,
  ) {
    super((signal) => QgaClient.connect(path, { ...options, signal }));
  }
}
