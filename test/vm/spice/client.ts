import path from 'node:path';
import { AgentError } from '#shared/errors.ts';
import { LineSocket } from '../support/line-socket.ts';
import { Companion } from '../support/process.ts';
import { until } from '../support/wait.ts';

const PROGRAM = path.resolve('test/vm/spice/client.py');
const ANSWER_TIMEOUT_MS = 30_000;

export type Selection = 'clipboard' | 'primary';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What the client knows at a moment. */
export interface SpiceState {
  /** The server has an agent in the guest. */
  readonly agent: boolean;
  /** Bits (VD_AGENT_CAP_*) of that agent; none until it has announced them. */
  readonly capabilities: readonly number[];
  /** The primary surface of each display channel. */
  readonly surfaces: Readonly<Record<string, Size>>;
  /** The guest has grabbed the selection, and not released it. */
  readonly guestOwns: Readonly<Record<Selection, boolean>>;
  /** When the guest grabbed the selection last, ms since the epoch by the host's clock; 0: never. */
  readonly grabbedAt: Readonly<Record<Selection, number>>;
  /** How often the guest has asked for our content. */
  readonly requested: Readonly<Record<Selection, number>>;
  /** The server takes the client's pointer position: an agent brings it to the guest, or a tablet does. */
  readonly clientMouse: boolean;
}

export interface ClientOptions {
  /** What the guest is asked to do without. */
  readonly withoutEffects?: readonly ('wallpaper' | 'font-smooth' | 'animation')[];
  /** How loud the client plays, 0 to 1 as its user hears it. Default: as this machine does, which may have no sound. */
  readonly loudness?: number;
}

/** The library's own pipeline for sound, with an end that has a volume and no device. GStreamer's volume is linear, the ear is not. */
function speakers(loudness: number): string {
  return `appsrc name=appsrc ! queue ! audioconvert ! volume name=audiosink volume=${loudness ** 3} ! fakesink`;
}

/** A real SPICE client, driven by a test. Its program says what it can do: spice/client.py. */
export class SpiceClient implements AsyncDisposable {
  #lastId = 0;

  private constructor(
    private readonly process: Companion,
    private readonly lines: LineSocket,
  ) {}

  /** @param log takes what the library has to say */
  static async start(socket: string, log: string, options: ClientOptions = {}): Promise<SpiceClient> {
    const { withoutEffects = [], loudness } = options;
    const sound = loudness === undefined ? {} : { SPICE_GST_AUDIOSINK: speakers(loudness) };
    const args = [PROGRAM, socket, ...withoutEffects];
    const { companion, stream } = await Companion.talk('/usr/bin/python3', args, log, sound);
    return new SpiceClient(companion, LineSocket.over(stream, 'the SPICE client'));
  }

  state(): Promise<SpiceState> {
    return this.#do('state') as Promise<SpiceState>;
  }

  /** Waits for a state. @throws {AgentError} 'timeout' */
  async sees(timeoutMs: number, what: string, test: (state: SpiceState) => boolean): Promise<void> {
    await until(timeoutMs, what, async () => test(await this.state()) || undefined);
  }

  async copy(selection: Selection, text: string): Promise<void> {
    await this.#do('copy', { selection, text });
  }

  /** What the guest has in the selection. @throws {AgentError} 'failed' when it has no text */
  async paste(selection: Selection): Promise<string> {
    const { text } = (await this.#do('paste', { selection })) as { text: string };
    return text;
  }

  /** Owns a selection with a PNG. */
  async copyImage(selection: Selection, file: string): Promise<void> {
    await this.#do('copy_image', { selection, file });
  }

  /** The PNG that the guest has in the selection. @throws {AgentError} 'failed' when it has none */
  async pasteImage(selection: Selection): Promise<{ readonly bytes: number; readonly sha256: string }> {
    return (await this.#do('paste_image', { selection })) as { bytes: number; sha256: string };
  }

  async release(selection: Selection): Promise<void> {
    await this.#do('release', { selection });
  }

  /** Asks for monitors side by side. */
  async resize(...sizes: readonly Size[]): Promise<void> {
    let x = 0;
    const monitors = sizes.map((size) => {
      const monitor = { ...size, x, y: 0 };
      x += size.width;
      return monitor;
    });
    await this.#do('resize', { monitors });
  }

  /**
   * Sends files as if they were dropped onto the client's window.
   * @returns how each has ended, by its name: undefined, or what the client shows its user
   */
  async send(files: readonly string[], timeoutMs = ANSWER_TIMEOUT_MS): Promise<Record<string, string | undefined>> {
    const { ended } = (await this.#do('send', { files }, timeoutMs)) as { ended: Record<string, string | null> };
    return Object.fromEntries(Object.entries(ended).map(([name, why]) => [name, why ?? undefined]));
  }

  async cancelSending(): Promise<void> {
    await this.#do('cancel_sending');
  }

  /** As when its window is killed. */
  async kill(): Promise<void> {
    await this.process.kill();
    this.lines.close();
  }

  /** @param display whose pixels these are */
  async point(x: number, y: number, display = 0): Promise<void> {
    await this.#do('point', { x, y, display });
  }

  /** The left button, where the pointer is. */
  async click(): Promise<void> {
    await this.#do('click');
  }

  async #do(what: string, args: object = {}, timeoutMs = ANSWER_TIMEOUT_MS): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = this.lines.find(timeoutMs, `the answer to ${what}`, (line) => {
      const message = JSON.parse(line) as { id: number; result?: unknown; error?: string };
      return message.id === id ? message : undefined;
    });
    this.lines.send(JSON.stringify({ id, do: what, ...args }));
    const { result, error } = await answer;
    if (error !== undefined) throw new AgentError('failed', `SPICE client: ${what}: ${error}`);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lines.close();
    await this.process.stop();
  }
}
