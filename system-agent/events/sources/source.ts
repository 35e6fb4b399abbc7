import type { Publish } from '../kinds.ts';

/** Makes events from what it hears. */
export interface Source {
  readonly name: string;
  /**
   * Listens until it is disposed of; it may be listened to again, and then tells what has changed meanwhile.
   * @throws {Error} when the system does not tell
   */
  listen(publish: Publish['publish']): Disposable;
}
