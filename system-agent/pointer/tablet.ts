import type { PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import { FakePointerDevice } from './fake.ts';
import { AT_START, eventsBetween, type Frame } from './frame.ts';
import { placeOf } from './place.ts';
import type { Pointer, PointerDevice, PointerState, PointerSystem } from './pointer.ts';
import { formatUinputSpec, type UinputSpec } from './spec.ts';
import { WaitingFrames } from './waiting.ts';

const FALLBACK = { width: 1024, height: 768 };
const ONE_DISPLAY: PointerLayout = { ...FALLBACK, displays: [{ id: 0, x: 0, y: 0, ...FALLBACK }] };
/** A device that takes nothing now is tried again so soon. */
const AGAIN_MS = 10;

/**
 * The virtual tablet. Its device is made at start and its range never changes, so that the pointer moves before any
 * login, and no desktop sees it unplugged when displays change.
 */
export class Tablet implements Pointer, Service {
  readonly name = 'pointer';
  #device: PointerDevice | undefined;
  #why: string | undefined;
  #layout: PointerLayout = ONE_DISPLAY;
  /** Who had the screen last. */
  #session: string | undefined;
  #last: Frame = AT_START;
  #waiting = new WaitingFrames<Frame>();
  /** What the device has been told. */
  #told: Frame = AT_START;
  #again: NodeJS.Timeout | undefined;

  constructor(
    private readonly spec: UinputSpec,
    private readonly system: PointerSystem | undefined,
    private readonly log: Log,
  ) {}

  get isAvailable(): boolean {
    return this.#device !== undefined;
  }

  /** For those who ask how the agent is. */
  describe(): { readonly uinput: string; readonly available: boolean; readonly why: string | undefined } {
    return { uinput: formatUinputSpec(this.spec), available: this.isAvailable, why: this.#why };
  }

  async start(): Promise<void> {
    this.#layout = this.system?.layout() ?? ONE_DISPLAY;
    this.#device = this.#open();
  }

  async stop(): Promise<void> {
    this.release();
    this.#close();
  }

  arrange(layout: PointerLayout): void {
    // A session without displays has nothing to point at; the former layout serves whatever shows up instead.
    if (layout.displays.some(({ width, height }) => width > 0 && height > 0)) this.#layout = layout;
  }

  /**
   * This session has the screen. Until its agent says where its displays are, if it has one, they are as the system knows
   * them: a greeter without an agent does not show what the user before it did. Decision 46.
   */
  shownBy(session: string | undefined): void {
    if (session === undefined || session === this.#session) return;
    this.#session = session;
    this.#layout = this.system?.layout() ?? this.#layout;
  }

  put({ display, x, y, pressed }: PointerState): void {
    const place = placeOf(this.#layout, display, x, y);
    if (place !== undefined) this.#show({ place, pressed });
  }

  release(): void {
    if (this.#last.pressed.size > 0) this.#show({ place: this.#last.place, pressed: new Set() });
  }

  #show(frame: Frame): void {
    if (this.#device === undefined) return;
    this.#last = frame;
    this.#waiting.add(frame);
    if (this.#again === undefined) this.#tell();
  }

  #tell(): void {
    this.#again = undefined;
    try {
      for (let frame = this.#waiting.next; frame !== undefined; frame = this.#waiting.next) {
        if (this.#device?.write(eventsBetween(this.#told, frame)) !== true) {
          this.#again = setTimeout(() => this.#tell(), AGAIN_MS).unref();
          return;
        }
        this.#told = frame;
        this.#waiting.take(1);
      }
    } catch (error) {
      this.#why = messageOf(error);
      this.log.warn('the pointer is lost', { reason: this.#why });
      this.#close();
    }
  }

  #open(): PointerDevice | undefined {
    if (this.spec.kind === 'off') return undefined;
    if (this.spec.kind === 'fake') return new FakePointerDevice(this.spec.path, this.log);
    try {
      if (this.system === undefined) throw new AgentError('unsupported', 'this system has none');
      return this.system.create();
    } catch (error) {
      this.#why = messageOf(error);
      this.log.warn('no pointer for hosts', { reason: this.#why });
      return undefined;
    }
  }

  #close(): void {
    this.#device?.close();
    this.#device = undefined;
    clearTimeout(this.#again);
    this.#again = undefined;
    this.#waiting = new WaitingFrames();
    this.#last = AT_START;
    this.#told = AT_START;
  }
}
