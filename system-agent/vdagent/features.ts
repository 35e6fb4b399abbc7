import type { Follow } from '#protocol/ipc/messages/monitors.ts';
import type { Log } from '#shared/log/log.ts';
import type { DoorAudit } from '../audit/audit.ts';
import type { ClipboardRules } from '../clipboard/rules.ts';
import type { DoorDescription } from '../control/described.ts';
import type { Pointer } from '../pointer/pointer.ts';
import { type FileRules, RECEIVE } from '../received-files/rules.ts';
import type { ServedAgent } from '../session-link/session-link.ts';
import { Audio } from './audio.ts';
import type { HostLine } from './client-line.ts';
import { Clipboard } from './clipboard/clipboard.ts';
import { Effects } from './effects.ts';
import { Files } from './files/files.ts';
import type { Gate } from './gate.ts';
import { Monitors } from './monitors.ts';
import { Mouse } from './mouse.ts';
import type { ProtocolErrors } from './protocol-errors.ts';

/** What an administrator decides of the features; undefined: the default that VdagentParts names. */
export interface FeatureSettings {
  readonly sessionPointer: boolean | undefined;
  readonly files: FileRules | undefined;
  readonly effects: boolean | undefined;
  readonly follow: Follow | undefined;
  readonly answerMs: number | undefined;
}

export interface FeatureParts {
  readonly line: HostLine;
  readonly pointer: Pointer;
  readonly gate: Gate;
  readonly rules: ClipboardRules;
  readonly settings: FeatureSettings;
  readonly errors: ProtocolErrors;
  readonly audit: DoorAudit;
  readonly log: Log;
  /** There is more or less room for content of files. */
  readonly room: () => void;
  /** The session has begun or ceased to have a sound server. */
  readonly soundChanged: () => void;
}

const ANSWER_MS = 10_000;

/** All that a client and a session do together, and when sessions, clients, hosts and rights come and go for it. */
export class Features {
  readonly clipboard: Clipboard;
  readonly monitors: Monitors;
  readonly mouse: Mouse;
  readonly files: Files;
  readonly effects: Effects;
  readonly audio: Audio;
  readonly #gate: Gate;
  readonly #follow: Follow;
  readonly #mayReduce: boolean;

  constructor({ line, pointer, gate, rules, settings, errors, audit, log, room, soundChanged }: FeatureParts) {
    this.#gate = gate;
    this.#follow = settings.follow ?? 'auto';
    this.#mayReduce = settings.effects ?? true;
    this.clipboard = new Clipboard(line, errors, log, {
      rules,
      answerMs: settings.answerMs ?? ANSWER_MS,
      mayOffer: (side) => gate.enabled(side === 'client' ? 'clipboard-grab' : 'clipboard-request'),
      audit,
    });
    this.monitors = new Monitors(log);
    this.mouse = new Mouse(pointer, settings.sessionPointer ?? true, log);
    this.effects = new Effects(log);
    this.audio = new Audio(log, soundChanged);
    this.files = new Files(line, {
      rules: settings.files ?? RECEIVE,
      log,
      audit,
      mayCome: () => gate.enabled('file-transfer-start'),
      room,
    });
  }

  /** Nothing is asked of the session or waited for. */
  get isIdle(): boolean {
    return this.clipboard.isIdle && this.files.isIdle;
  }

  /** The client may have the desktop do without effects. */
  get areEffectsWanted(): boolean {
    return this.#mayReduce && this.#gate.enabled('display-config');
  }

  /** For whoever asks how the door is. */
  get details(): DoorDescription['details'] {
    const { problem } = this.monitors;
    const { count } = this.files;
    return [
      ...(problem === undefined ? [] : [{ name: 'monitors', text: problem }]),
      ...(count === 0 ? [] : [{ name: 'files', text: `${count} under way` }]),
    ];
  }

  /** @param served undefined: nobody, while the host can still hear that nothing is owned any more */
  serve(served: ServedAgent | undefined): void {
    this.clipboard.serve(served?.agent, served?.clipboard === true);
    this.files.serve(served);
    this.effects.serve(served?.agent);
    this.audio.serve(served?.agent);
    this.monitors.serve(served?.agent);
    this.mouse.serve(served);
  }

  /** What belongs to the client dies with it (L7). */
  clientGone(): void {
    this.clipboard.clientChanged();
    this.files.clientGone();
    this.effects.clientGone();
    this.audio.clientGone();
    this.mouse.clientGone();
  }

  hostGone(): void {
    this.monitors.hostGone();
  }

  /** The device brings clients' wishes by another way, and what they may wish is the policy's. */
  follow(): void {
    this.monitors.follow = this.#gate.enabled('monitors-config') ? this.#follow : 'off';
  }

  rightsChanged(): void {
    this.follow();
    this.clipboard.directionsChanged();
    this.files.rightsChanged();
    if (!this.areEffectsWanted) this.effects.clientGone();
    if (!this.#gate.enabled('mouse-state')) this.mouse.clientGone();
  }
}
