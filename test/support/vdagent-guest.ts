import type { Socket } from 'node:net';
import type { Capabilities } from '#protocol/vdagent/capabilities.ts';
import { encodeMessage, MessageReader } from '#protocol/vdagent/message.ts';
import {
  decodeMessage,
  encodeBody,
  type Message,
  type MessageName,
  type Sent,
} from '#protocol/vdagent/messages/index.ts';
import { listenAsGuest } from './scripted-guest.ts';

export interface SpokenTo {
  readonly socket: Socket;
  send<Name extends MessageName>(name: Name, fields: Sent<Name>): void;
}

export interface VdagentGuest extends AsyncDisposable {
  readonly path: string;
  /** What the host has sent. */
  readonly heard: readonly (Message & { readonly port: string })[];
}

/** What the guest does with a message; it has answered the announcement already. */
export type VdagentScript = (message: Message, guest: SpokenTo) => void;

export const GUEST_CAPABILITIES: Capabilities = new Set([
  'mouse-state',
  'monitors-config',
  'reply',
  'clipboard-by-demand',
  'clipboard-selection',
  'sparse-monitors-config',
  'clipboard-no-release-on-regrab',
  'clipboard-grab-serial',
]);

/** A guest that announces its capabilities, answers the host's announcement, and leaves the rest to the script. */
export async function startVdagentGuest(
  script: VdagentScript = () => {},
  capabilities: Capabilities = GUEST_CAPABILITIES,
): Promise<VdagentGuest> {
  const heard: (Message & { readonly port: string })[] = [];
  const guest = await listenAsGuest((socket) => {
    const reader = new MessageReader({ from: 'host', maxClipboardBytes: 2 ** 24 });
    let layout: Capabilities = new Set();
    const spoken: SpokenTo = {
      socket,
      send(name, fields) {
        const { type, body } = encodeBody(name, fields, layout);
        socket.write(encodeMessage('client', type, body));
      },
    };
    spoken.send('announce-capabilities', { request: true, capabilities });
    socket.on('data', (bytes) =>
      reader.push(bytes, (event) => {
        if (event.kind === 'skipped') return;
        const { port, type, body } = event;
        const message = decodeMessage(type, body, { receiver: 'guest', port, peer: layout });
        if (message.name === 'ignored') throw new Error(`the host sent type ${type}: ${message.reason}`);
        heard.push({ ...message, port });
        if (message.name === 'announce-capabilities') {
          layout = new Set([...message.fields.capabilities].filter((name) => capabilities.has(name)));
          if (message.fields.request) spoken.send('announce-capabilities', { request: false, capabilities });
        }
        script(message, spoken);
      }),
    );
  });
  return { path: guest.path, heard, [Symbol.asyncDispose]: () => guest[Symbol.asyncDispose]() };
}
