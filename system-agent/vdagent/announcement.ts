import type { MessageName } from '#protocol/vdagent/messages/index.ts';
import { after } from '#shared/lifecycle/after.ts';
import { allowsFrom, type ClipboardRules } from '../clipboard/rules.ts';
import { offeredCapabilities } from './capabilities.ts';
import type { HostLine } from './client-line.ts';
import type { Features } from './features.ts';
import type { Gate } from './gate.ts';

/** A client that hears that it may say its volumes asks its own sound server for them first. */
const ASK_MS = 1_000;

/** What hosts and clients are told that we can do: what may be done and somebody is there to do (L6). */
export class Announcement {
  #told = '';
  #again: Disposable | undefined;

  constructor(
    private readonly line: HostLine,
    private readonly features: Features,
    private readonly gate: Gate,
    private readonly rules: ClipboardRules,
  ) {}

  /** @param request the host is to tell what its client can do */
  tell(request: boolean): void {
    const { line, features, rules } = this;
    const may = (message: MessageName) => this.gate.enabled(message);
    const capabilities = offeredCapabilities({
      pointer: features.mouse.isAvailable && may('mouse-state'),
      monitors: may('monitors-config'),
      clipboard:
        (may('clipboard-grab') && allowsFrom('client', rules)) ||
        (may('clipboard-request') && allowsFrom('guest', rules)),
      files: features.files.areWanted,
      effects: features.areEffectsWanted,
      audio: features.audio.isAvailable && may('audio-volume-sync'),
    });
    line.answer('announce-capabilities', { request, capabilities });
    this.#told = this.#ofSession;
  }

  /** Tells a host once more when something has come or gone with the session. */
  refresh(): void {
    if (this.line.outbox === undefined || this.#told === this.#ofSession) return;
    this.tell(false);
    this.#tellAgain();
  }

  /** Nobody is there who might say volumes. */
  clientGone(): void {
    this.#again?.[Symbol.dispose]();
  }

  /**
   * spice-gtk queues its volumes behind what it has said to the announcement, and sends them with whatever it hears next. A viewer hears the
   * answer to the monitors that it then sends; a client without a display hears nothing. Source: spice-gtk 0.42, channel-main.c
   */
  #tellAgain(): void {
    const { audio } = this.features;
    this.#again?.[Symbol.dispose]();
    if (!audio.isAvailable || audio.isSaid) return;
    this.#again = after(ASK_MS, () => {
      if (audio.isAvailable && !audio.isSaid && this.line.outbox !== undefined) this.tell(false);
    });
  }

  /** What comes and goes with the session. */
  get #ofSession(): string {
    const { mouse, audio } = this.features;
    return `pointer ${mouse.isAvailable}, audio ${audio.isAvailable}`;
  }
}
