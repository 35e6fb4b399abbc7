import type { ClipboardType, Selection } from '#protocol/ipc/messages/clipboard.ts';
import type { Port } from '#protocol/vdagent/chunk.ts';
import { encodeBody, isWanted, type MessageName, type Sent } from '#protocol/vdagent/messages/index.ts';
import type { Content } from '#shared/bytes/flow.ts';
import type { ClientState } from './client.ts';
import type { Outbox } from './outbox.ts';

/** The way to the present client: what it does not know is not said to it. Without a host, nothing is said. */
export interface ClientLine {
  readonly maxClipboardBytes: number;
  /** The client is in the middle of sending clipboard content. */
  readonly isContentUnderway: boolean;
  speaksOf(selection: Selection): boolean;
  hasRoomFor(bytes: number): boolean;
  send<Name extends MessageName>(name: Name, fields: Sent<Name>): void;
  /** A CLIPBOARD message with content that is all there; it is not copied before it goes out. */
  sendContent(selection: Selection, type: ClipboardType, content: Content): void;
}

/**
 * Answers that the original gives to every client, whether it has announced to want them or not, and ahead of content
 * that waits.
 */
type Answer = Extract<MessageName, 'announce-capabilities' | 'reply' | 'file-transfer-status'>;

export class HostLine implements ClientLine {
  /** Both are replaced with each host, the client also with each client. */
  client: ClientState;
  outbox: Outbox | undefined;
  readonly #isContentUnderway: () => boolean;

  constructor(client: ClientState, isContentUnderway: () => boolean) {
    this.client = client;
    this.#isContentUnderway = isContentUnderway;
  }

  get maxClipboardBytes(): number {
    return this.client.maxClipboardBytes;
  }

  get isContentUnderway(): boolean {
    return this.#isContentUnderway();
  }

  speaksOf(selection: Selection): boolean {
    const { capabilities } = this.client;
    if (!capabilities.has('clipboard-by-demand')) return false;
    return selection === 'clipboard' || capabilities.has('clipboard-selection');
  }

  hasRoomFor(bytes: number): boolean {
    return this.outbox?.hasRoomFor(bytes) === true;
  }

  send<Name extends MessageName>(name: Name, fields: Sent<Name>): void {
    this.#put(name, fields);
  }

  sendContent(selection: Selection, type: ClipboardType, content: Content): void {
    this.#put('clipboard', { selection, type, data: NOTHING }, content);
  }

  answer<Name extends Answer>(name: Name, fields: Sent<Name>, port: Port = 'client'): void {
    const { type, body } = encodeBody(name, fields, this.client.capabilities);
    this.outbox?.putUrgent({ port, type, body });
  }

  #put<Name extends MessageName>(name: Name, fields: Sent<Name>, content?: Content): void {
    const { capabilities } = this.client;
    if (!isWanted(name, capabilities)) return;
    if ('selection' in fields && !this.speaksOf(fields.selection)) return;
    const { type, body } = encodeBody(name, fields, capabilities);
    this.outbox?.put({ port: 'client', type, body }, content);
  }
}

const NOTHING = new Uint8Array();
