import type { Pointer as RootPointer, XTest } from 'x11';
import type { PointerButton, PointerFrame } from '#protocol/ipc/messages/pointer.ts';
import type { PointerPort } from '../backend.ts';
import type { XConnection } from './connection.ts';

/** X's numbers of buttons; 6 and 7 turn a wheel sideways. Source: xserver, dix/getevents.c and libinput's driver */
const BUTTONS: Readonly<Record<PointerButton, number>> = {
  left: 1,
  middle: 2,
  right: 3,
  'wheel-up': 4,
  'wheel-down': 5,
  side: 8,
  extra: 9,
};
const WHEEL: ReadonlySet<PointerButton> = new Set(['wheel-up', 'wheel-down']);
const NONE: ReadonlySet<PointerButton> = new Set();
const ABSOLUTE = 0;
const AT_ONCE = 0;

interface Opened {
  readonly x: XConnection;
  readonly xtest: XTest;
}

/**
 * The pointer of an X screen through XTEST, on a connection of its own, opened when it is first moved: what crosses the
 * clipboard does not delay it, and window managers that grab the server while a window is dragged do not stop it.
 */
export class X11Pointer implements PointerPort, AsyncDisposable {
  readonly #connect: () => Promise<XConnection>;
  #opened: Promise<Opened> | undefined;
  #pressed: ReadonlySet<PointerButton> = NONE;

  /** @param connect opens another connection to the display */
  private constructor(connect: () => Promise<XConnection>) {
    this.#connect = connect;
  }

  /** @throws {AgentError} 'failed': the server has no XTEST */
  static async open(x: XConnection, connect: () => Promise<XConnection>): Promise<X11Pointer> {
    await xtestOf(x);
    return new X11Pointer(connect);
  }

  async put(frames: readonly PointerFrame[]): Promise<void> {
    const { x, xtest } = await this.#open();
    for (const { x: left, y: top, pressed } of frames) {
      xtest.FakeInput(xtest.MotionNotify, ABSOLUTE, AT_ONCE, x.root, left, top);
      this.#press(xtest, new Set(pressed));
    }
    await taken(x);
  }

  async release(): Promise<void> {
    if (this.#opened === undefined) return;
    const { x, xtest } = await this.#opened;
    this.#press(xtest, NONE);
    await taken(x);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release().catch(() => {});
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.x[Symbol.asyncDispose]();
  }

  /** A notch of the wheel is a click, made when its button goes down. */
  #press(xtest: XTest, pressed: ReadonlySet<PointerButton>): void {
    for (const [button, number] of Object.entries(BUTTONS) as [PointerButton, number][]) {
      const isPressed = pressed.has(button);
      if (isPressed === this.#pressed.has(button)) continue;
      const isWheel = WHEEL.has(button);
      if (isPressed) xtest.FakeInput(xtest.ButtonPress, number, AT_ONCE, 0, 0, 0);
      if (isPressed === isWheel) xtest.FakeInput(xtest.ButtonRelease, number, AT_ONCE, 0, 0, 0);
    }
    this.#pressed = pressed;
  }

  #open(): Promise<Opened> {
    const opened = this.#opened ?? this.#openNew();
    this.#opened = opened;
    opened.catch(() => {
      if (this.#opened === opened) this.#opened = undefined;
    });
    return opened;
  }

  async #openNew(): Promise<Opened> {
    const x = await this.#connect();
    void x.ended.then(() => {
      this.#opened = undefined;
    });
    try {
      const xtest = await xtestOf(x);
      xtest.GrabControl(true);
      // An agent that was killed may have held some. The server drops the release of a button that is not pressed.
      for (const number of Object.values(BUTTONS)) xtest.FakeInput(xtest.ButtonRelease, number, AT_ONCE, 0, 0, 0);
      this.#pressed = NONE;
      return { x, xtest };
    } catch (error) {
      await x[Symbol.asyncDispose]();
      throw error;
    }
  }
}

/** The server answers in order. */
async function taken(x: XConnection): Promise<void> {
  await x.ask<RootPointer>('pointer', (client, done) => client.QueryPointer(x.root, done));
}

function xtestOf(x: XConnection): Promise<XTest> {
  return x.ask<XTest>('XTEST', (client, done) => client.require('xtest', done));
}
