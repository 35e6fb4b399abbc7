import { AgentError } from '#shared/errors.ts';
import type { RootShell } from '../guest/root-shell.ts';
import type { Selection, Size } from '../spice/client.ts';

/** A program that reads a selection waits for its owner, who may be on the other side of the wire. */
const XCLIP_SECONDS = 10;

/** One user's X session, seen with Debian's own tools, which know no agent. */
export class DesktopSession {
  constructor(
    private readonly shell: RootShell,
    readonly user: string,
    readonly display: string,
  ) {}

  /** Runs shell text as the user, in reach of the display. */
  async run(command: string): Promise<string> {
    return this.shell.run(this.#asUser(command));
  }

  /** The same for what may fail. */
  async try(command: string): Promise<{ readonly status: number; readonly stdout: string }> {
    return this.shell.try(this.#asUser(command));
  }

  /** Text of a selection; undefined when nobody owns it or its owner gives no text. */
  async paste(selection: Selection): Promise<string | undefined> {
    const command = `timeout ${XCLIP_SECONDS} xclip -o -selection ${selection}`;
    const { status, stdout } = await this.try(command);
    return status === 0 ? stdout : undefined;
  }

  /** Owns a selection with text until somebody else does. */
  async copy(selection: Selection, text: string): Promise<void> {
    const bytes = Buffer.from(text).toString('base64');
    await this.run(`echo ${bytes} | base64 -d | xclip -i -selection ${selection} >/dev/null 2>&1`);
  }

  /** Size of the screen, which RandR tells. */
  async screen(): Promise<Size> {
    return screenIn(await this.run('xrandr'));
  }

  /** Where the pointer is on the screen. */
  async pointer(): Promise<{ x: number; y: number }> {
    return pointerIn(await this.run('xdotool getmouselocation'));
  }

  #asUser(command: string): string {
    const home = `/home/${this.user}`;
    const environment = `DISPLAY=${this.display} XAUTHORITY=${home}/.Xauthority HOME=${home} LANG=C.UTF-8`;
    return `runuser -u ${this.user} -- env ${environment} sh -c '${command.replaceAll("'", "'\\''")}'`;
  }
}

/** What xrandr says. @throws {AgentError} 'failed' */
export function screenIn(text: string): Size {
  const [, width, height] = /current (\d+) x (\d+)/.exec(text) ?? [];
  if (width === undefined) throw new AgentError('failed', `xrandr says: ${text}`);
  return { width: Number(width), height: Number(height) };
}

/** What `xdotool getmouselocation` says. @throws {AgentError} 'failed' */
export function pointerIn(text: string): { x: number; y: number } {
  const [, x, y] = /x:(\d+) y:(\d+)/.exec(text) ?? [];
  if (x === undefined) throw new AgentError('failed', `xdotool says: ${text}`);
  return { x: Number(x), y: Number(y) };
}
