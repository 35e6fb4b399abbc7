import { closeSync } from 'node:fs';
import type { ClipboardType } from '#protocol/ipc/messages/clipboard.ts';
import type { DataControl } from '#protocol/wayland/data-control.ts';
import { wholeOf } from '#shared/bytes/flow.ts';
import type { Provide } from '../../backend.ts';
import { CONTENT_TARGETS, encodeContent, isAsItIs, type TargetName } from '../../content/targets.ts';
import type { WaylandObject } from '../object.ts';
import type { Outgoing } from './outgoing.ts';

/** What the host's side has, offered in a selection until somebody else offers something or it is destroyed. */
export class Offering {
  /**
   * @param mark a name that nobody else offers, by which our own offer is known when the compositor tells us of it
   * @param cancelled called when somebody else owns the selection; not after `destroy`
   */
  constructor(
    private readonly source: WaylandObject<DataControl['source']>,
    offer: { readonly types: readonly ClipboardType[]; readonly provide: Provide; readonly mark: string },
    outgoing: Outgoing,
    cancelled: () => void,
  ) {
    const { types, provide, mark } = offer;
    const names = new Map<string, { readonly name: TargetName; readonly type: ClipboardType }>(
      types.flatMap((type) => CONTENT_TARGETS[type].map((name) => [name, { name, type }] as const)),
    );
    source.listen({
      send: ({ mime_type, fd }) => {
        const wanted = names.get(mime_type);
        if (wanted === undefined) return closeSync(fd);
        void outgoing.send(fd, async () => {
          const content = await provide(wanted.type);
          if (content === undefined || isAsItIs(wanted.name)) return content;
          return encodeContent(wanted.name, await wholeOf(content)).bytes;
        });
      },
      cancelled: () => {
        this.destroy();
        cancelled();
      },
    });
    for (const name of [...names.keys(), mark]) source.send('offer', { mime_type: name });
  }

  /** The compositor takes it out of the selection, if it is still there. */
  destroy(): void {
    this.source.send('destroy', {});
  }

  /** For the request that puts it into a selection. */
  get object(): WaylandObject<DataControl['source']> {
    return this.source;
  }
}
