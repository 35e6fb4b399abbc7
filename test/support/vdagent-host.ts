import type { Capabilities, Capability } from '#protocol/vdagent/capabilities.ts';
import type { Port } from '#protocol/vdagent/chunk.ts';
import { encodeMessage, MessageReader } from '#protocol/vdagent/message.ts';
import {
  decodeMessage,
  encodeBody,
  type Message,
  type MessageName,
  type Sent,
} from '#protocol/vdagent/messages/index.ts';

/** What spice-gtk announces, as far as it concerns a guest. */
export const CLIENT_CAPABILITIES: readonly Capability[] = [
  'mouse-state',
  'monitors-config',
  'reply',
  'clipboard-by-demand',
  'clipboard-selection',
  'monitors-config-position',
  'file-xfer-detailed-errors',
  'clipboard-no-release-on-regrab',
  'clipboard-grab-serial',
];

/** Host and client of the SPICE agent channel as a script; as strict about what a guest sends as the SPICE server. */
export class ScriptedHost {
  #reader = new MessageReader({ from: 'guest', maxClipboardBytes: 1 << 30 });
  readonly capabilities: Capabilities;
  readonly #heard: Message[] = [];
  #news: (() => void) | undefined;

  constructor(
    private readonly say: (bytes: Uint8Array) => void,
    capabilities: readonly Capability[] = CLIENT_CAPABILITIES,
  ) {
    this.capabilities = new Set(capabilities);
  }

  /** @throws for what the SPICE server would remove the agent for */
  hear(bytes: Uint8Array): void {
    this.#reader.push(bytes, (event) => {
      if (event.kind === 'skipped') throw new Error(`${event.reason}: message type ${event.type}`);
      const { type, body, port } = event;
      const message = decodeMessage(type, body, { receiver: 'host', port, peer: this.capabilities });
      if (message.name === 'ignored') throw new Error(`message type ${type} is ${message.reason}`);
      this.#heard.push(message);
    });
    this.#news?.();
  }

  /** Waits for a message of this name, without looking at the clock; it and what was heard before it are forgotten. */
  async until(name: MessageName): Promise<void> {
    for (;;) {
      const at = this.#heard.findIndex((message) => message.name === name);
      if (at >= 0) return void this.#heard.splice(0, at + 1);
      await new Promise<void>((resolve) => {
        this.#news = resolve;
      });
    }
  }

  /** A new connection: half a message of the former one is forgotten. */
  reset(): void {
    this.#reader = new MessageReader({ from: 'guest', maxClipboardBytes: 1 << 30 });
    this.#heard.length = 0;
  }

  send<Name extends MessageName>(name: Name, fields: Sent<Name>, port: Port = 'client'): void {
    const { type, body } = encodeBody(name, fields, this.capabilities);
    this.say(encodeMessage(port, type, body));
  }

  sendRaw(type: number, body: Uint8Array, port: Port = 'client'): void {
    this.say(encodeMessage(port, type, body));
  }

  announce(request: boolean): void {
    this.send('announce-capabilities', { request, capabilities: this.capabilities });
  }

  /** What the guest said since the last time, in a form to compare: name and fields, clipboard data as text. */
  heard(): unknown[] {
    return this.#heard.splice(0).map(({ name, fields }) => {
      if (name !== 'clipboard') return [name, fields];
      const { selection, type, data } = fields;
      return [name, { selection, type, data: Buffer.from(data).toString() }];
    });
  }

  get heardCount(): number {
    return this.#heard.length;
  }
}
