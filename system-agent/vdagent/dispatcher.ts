import type { Port } from '#protocol/vdagent/chunk.ts';
import { displayConfig } from '#protocol/vdagent/messages/display-config.ts';
import type { Message, Received } from '#protocol/vdagent/messages/index.ts';
import { monitorsConfig } from '#protocol/vdagent/messages/monitors-config.ts';
import type { Flow } from '#shared/bytes/flow.ts';
import type { DoorAudit } from '../audit/audit.ts';
import { type DoorDescription, RequestTally } from '../control/described.ts';
import type { HostLine } from './client-line.ts';
import type { Features } from './features.ts';
import type { Gate } from './gate.ts';
import type { ProtocolErrors } from './protocol-errors.ts';

export interface DispatcherParts {
  readonly line: HostLine;
  readonly features: Features;
  readonly gate: Gate;
  readonly errors: ProtocolErrors;
  readonly audit: DoorAudit;
  /** What is said of the client itself. */
  readonly clients: Clients;
}

export interface Clients {
  announced(announcement: Received<'announce-capabilities'>): void;
  left(): void;
  /** The pointer has moved; that a device failed shows then. */
  pointed(): void;
}

/** One message: may it be acted on, who acts on it, and what its sender is answered. */
export class Dispatcher {
  readonly #line: HostLine;
  readonly #features: Features;
  readonly #gate: Gate;
  readonly #errors: ProtocolErrors;
  readonly #audit: DoorAudit;
  readonly #clients: Clients;
  readonly #tally = new RequestTally();

  constructor({ line, features, gate, errors, audit, clients }: DispatcherParts) {
    this.#line = line;
    this.#features = features;
    this.#gate = gate;
    this.#errors = errors;
    this.#audit = audit;
    this.#clients = clients;
  }

  describe(details: DoorDescription['details']): DoorDescription {
    return this.#tally.describe(details);
  }

  /** @param long clipboard content that is still coming */
  take(message: Message, port: Port, long?: Flow): void {
    if (!this.#gate.admits(message.name)) return this.#refuse(message, port);
    this.#tally.count(message.name);
    const { clipboard, files, monitors, mouse, audio } = this.#features;
    switch (message.name) {
      case 'announce-capabilities':
        return this.#clients.announced(message.fields);
      case 'client-disconnected':
        return this.#clients.left();
      case 'mouse-state':
        mouse.state(message.fields);
        return this.#clients.pointed();
      case 'monitors-config':
        return this.#takeMonitors(message.fields, port);
      case 'clipboard-grab':
        return clipboard.grab(message.fields);
      case 'clipboard-release':
        return clipboard.release(message.fields);
      case 'clipboard-request':
        return clipboard.request(message.fields);
      case 'clipboard':
        return clipboard.content(long === undefined ? message.fields : { ...message.fields, data: long });
      case 'max-clipboard':
        this.#line.client.maxClipboardBytes =
          message.fields.maxBytes === 'unlimited' ? Number.POSITIVE_INFINITY : message.fields.maxBytes;
        return;
      case 'file-transfer-start':
        return files.start(message.fields);
      case 'file-transfer-status':
        return files.status(message.fields);
      case 'file-transfer-data':
        return files.data(message.fields);
      case 'display-config':
        return this.#takeEffects(message.fields, port);
      case 'graphics-device-info':
        return monitors.identify(message.fields);
      case 'audio-volume-sync':
        return audio.set(message.fields);
      // Said by guests only; decodeMessage does not give it.
      case 'reply':
        return;
    }
  }

  /** Whoever waits for an answer hears no. */
  #refuse(message: Message, port: Port): void {
    this.#errors.count('not-allowed', { message: message.name });
    this.#audit.denied(message.name, 'the policy does not allow it');
    const { clipboard, files } = this.#features;
    switch (message.name) {
      case 'monitors-config':
        return this.#line.answer('reply', { to: monitorsConfig.type, succeeded: false }, port);
      case 'display-config':
        return this.#takeEffects(undefined, port);
      case 'clipboard-grab':
        return clipboard.grab({ ...message.fields, types: [] });
      case 'clipboard-request':
        return clipboard.refuse(message.fields);
      case 'clipboard':
        return clipboard.content({ ...message.fields, type: 'none', data: NOTHING });
      case 'file-transfer-start':
        return this.#line.answer('file-transfer-status', { id: message.fields.id, result: 'disabled' });
      case 'file-transfer-data':
        return files.refuse(message.fields.id);
      case 'file-transfer-status':
        return files.status(message.fields);
    }
  }

  /** @param config undefined: it may not be looked at */
  #takeEffects(config: Received<'display-config'> | undefined, port: Port): void {
    const succeeded = config !== undefined && this.#features.areEffectsWanted;
    this.#line.answer('reply', { to: displayConfig.type, succeeded }, port);
    if (succeeded) this.#features.effects.configure(config);
  }

  /** Acknowledged before anything has happened, as the original does: clients wait for it with the next wish. */
  #takeMonitors(config: Received<'monitors-config'>, port: Port): void {
    this.#line.answer('reply', { to: monitorsConfig.type, succeeded: true }, port);
    this.#features.monitors.configure(config);
  }
}

const NOTHING = Buffer.alloc(0);
