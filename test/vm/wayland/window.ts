import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AgentError } from '#shared/errors.ts';
import type { Size } from '../spice/client.ts';
import { until } from '../support/wait.ts';
import type { WaylandSession } from './session.ts';

const PROGRAM = '/var/tmp/window.py';
const TEXT = 'text/plain;charset=utf-8';
const SOON_MS = 120_000;

/** What the clipboard has, for comparing. */
export interface Whole {
  readonly bytes: number;
  readonly sha256: string;
}

/** A program of a Wayland session, with a window of its own; window.py says what it can do. */
export class NativeWindow {
  private constructor(
    private readonly session: WaylandSession,
    private readonly nudge: () => Promise<unknown>,
    /** Of the user's systemd, and its socket's name. */
    private readonly unit: string,
  ) {}

  /**
   * Comes back when the window has the keyboard.
   * @param nudge presses a key: without one, a compositor may show the user something else, and no program may copy
   * @param on what it is a program of; default: Wayland
   */
  static async open(
    session: WaylandSession,
    nudge: () => Promise<unknown>,
    on: 'wayland' | 'x11' = 'wayland',
  ): Promise<NativeWindow> {
    const program = readFileSync('test/vm/wayland/window.py').toString('base64');
    const unit = `lab-window-${on}`;
    await session.run(`echo ${program} | base64 -d >${PROGRAM}`);
    await session.start(
      unit,
      `GDK_BACKEND=${on} exec python3 ${PROGRAM} serve $XDG_RUNTIME_DIR/${unit} 2>/var/tmp/${unit}.log`,
    );
    const window = new NativeWindow(session, nudge, unit);
    await until(SOON_MS, 'the window to have the keyboard', async () => {
      if (await window.#hasKeyboard()) return true;
      await nudge();
      return undefined;
    });
    return window;
  }

  async types(): Promise<readonly string[]> {
    return ((await this.#ask({ do: 'state' })) as { types: string[] }).types;
  }

  async copy(text: string): Promise<void> {
    await this.session.run(`echo ${Buffer.from(text).toString('base64')} | base64 -d >/var/tmp/copied`);
    await this.copyFile('/var/tmp/copied', TEXT);
  }

  /** @param file in the guest */
  async copyFile(file: string, type: string): Promise<void> {
    await this.nudge();
    await this.#ask({ do: 'copy', type, file });
  }

  /** @returns undefined when there is no text */
  async paste(): Promise<string | undefined> {
    if (!(await this.types()).includes(TEXT)) return undefined;
    const answer = await this.#ask({ do: 'paste', type: TEXT });
    return 'base64' in answer ? Buffer.from(String(answer.base64), 'base64').toString() : undefined;
  }

  /** @throws {AgentError} 'failed' when there is none */
  async pasteWhole(type: string): Promise<Whole> {
    const { bytes, sha256, error } = await this.#ask({ do: 'paste', type });
    if (error !== undefined) throw new AgentError('failed', `the window: ${error}`);
    return { bytes: Number(bytes), sha256: String(sha256) };
  }

  /** Fills a display. @returns its size, in units of the compositor */
  async cover(display: string): Promise<Size> {
    return until(SOON_MS, `the window to cover ${display}`, async () => {
      const { covers, width, height } = await this.#ask({ do: 'cover', display });
      return covers === true ? { width: Number(width), height: Number(height) } : undefined;
    });
  }

  /** Where the pointer was seen last, in units of the compositor from the window's corner. */
  async pointer(): Promise<{ readonly x: number; readonly y: number } | undefined> {
    const { x, y } = await this.#ask({ do: 'pointer' });
    return x === undefined ? undefined : { x: Number(x), y: Number(y) };
  }

  async close(): Promise<void> {
    await this.session.run(`systemctl --user stop ${this.unit}`);
  }

  async #hasKeyboard(): Promise<boolean> {
    const { status, stdout } = await this.#try({ do: 'state' });
    return status === 0 && (JSON.parse(stdout) as { focused: boolean }).focused;
  }

  async #ask(request: object): Promise<Readonly<Record<string, unknown>>> {
    const { status, stdout } = await this.#try(request);
    if (status !== 0) throw new AgentError('failed', `the window does not answer ${JSON.stringify(request)}`);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  #try(request: object): Promise<{ readonly status: number; readonly stdout: string }> {
    const text = Buffer.from(JSON.stringify(request)).toString('base64');
    return this.session.try(
      `timeout 60 python3 ${PROGRAM} ask $XDG_RUNTIME_DIR/${this.unit} "$(echo ${text} | base64 -d)"`,
      70,
    );
  }
}

export function wholeOf(content: Uint8Array): Whole {
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}
