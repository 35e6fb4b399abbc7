import { integer, list, type Read, record, text } from '#shared/schema/record.ts';
import { notification } from '../definition.ts';

/** What hosts did, in kinds that a user may want to hear of. A session agent of another release may know others. */
export const ACT_KINDS = ['program', 'file-read', 'file-written', 'account'] as const;
export type ActKind = (typeof ACT_KINDS)[number];

/** What hosts did since the last notice: kinds and how often, never what was in it (S12). */
export const hostActs = notification({
  name: 'host.acts',
  direction: 'to-session',
  body: record({ acts: list(record({ kind: text(32), count: integer(1, 0xffff_ffff) }), 16) }),
});

export type HostActs = Read<typeof hostActs.body>;

export const MAX_ANNOUNCEMENT = 2048;

/** What whoever sits at the screen must know now, whether or not they want to hear of hosts: the system goes down. */
export const announcement = notification({
  name: 'host.announces',
  direction: 'to-session',
  body: record({ text: text(MAX_ANNOUNCEMENT) }),
});
