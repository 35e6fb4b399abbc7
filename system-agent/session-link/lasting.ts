import type { Notification } from '#protocol/ipc/definition.ts';
import type { Link } from '#protocol/ipc/link.ts';
import { audioServer } from '#protocol/ipc/messages/audio.ts';
import { pointerLayout } from '#protocol/ipc/messages/monitors.ts';

/** Notifications that say how things are, not what happened: who begins to listen hears the last one. */
const LASTING: readonly Notification<unknown>[] = [audioServer, pointerLayout];

/** The last word of one agent on each lasting matter. */
export class LastingState {
  readonly #last = new Map<string, unknown>();

  constructor(link: Link) {
    for (const message of LASTING) link.on(message, (body) => this.#last.set(message.name, body));
  }

  /** Bodies were checked against the definition of the same name. */
  of<Body>(message: Notification<Body>): Body | undefined {
    return this.#last.get(message.name) as Body | undefined;
  }
}
