import type { DesktopSession } from '../desktop/session.ts';
import type { RootShell } from '../guest/root-shell.ts';
import type { Selection } from '../spice/client.ts';
import { until } from '../support/wait.ts';

/** Compositors under emulation take most of a minute, on a busy machine several. */
export const UP_MS = 420_000;
/** A program that reads a selection waits for its owner, who may be on the other side of the wire. */
const XCLIP_SECONDS = 20;

/** One user's Wayland session, seen by programs that are started in it. */
export class WaylandSession implements Pick<DesktopSession, 'user' | 'run' | 'try' | 'copy' | 'paste'> {
  constructor(
    private readonly shell: RootShell,
    readonly user: string,
  ) {}

  /** Waits until the compositor has told the user's systemd where it is. To be called for each new session. */
  async isUp(): Promise<void> {
    await until(UP_MS, `the Wayland session of ${this.user}`, async () => {
      const show = `export XDG_RUNTIME_DIR=/run/user/$(id -u ${this.user}); [ -d $XDG_RUNTIME_DIR ] || exit 1
        runuser -u ${this.user} -- systemctl --user show-environment >/run/lab-${this.user} &&
        grep -q ^WAYLAND_DISPLAY= /run/lab-${this.user} && grep -q ^DISPLAY= /run/lab-${this.user}`;
      return (await this.shell.try(show)).status === 0 || undefined;
    });
  }

  /** Process ids of the session agents of this user, however they were started. */
  async agents(): Promise<readonly number[]> {
    const { stdout } = await this.shell.try(`pgrep -u ${this.user} -f '/uga(\\.js)? session-agent$'`);
    return stdout.split('\n').filter(Boolean).map(Number);
  }

  async run(command: string, seconds?: number): Promise<string> {
    return this.shell.run(this.#inSession(command), seconds);
  }

  async try(command: string, seconds?: number): Promise<{ readonly status: number; readonly stdout: string }> {
    return this.shell.try(this.#inSession(command), seconds);
  }

  /** Starts a program of the session that goes on. */
  async start(unit: string, command: string): Promise<void> {
    await this.run(`systemd-run --user --quiet --collect --unit=${unit} sh -c '${command}'`);
  }

  /** Text of a selection as an X11 program gets it; undefined when nobody owns it or its owner gives no text. */
  async paste(selection: Selection): Promise<string | undefined> {
    const { status, stdout } = await this.try(`timeout ${XCLIP_SECONDS} xclip -o -selection ${selection}`);
    return status === 0 ? stdout : undefined;
  }

  /** Owns a selection with text, as an X11 program does, until somebody else does. */
  async copy(selection: Selection, text: string): Promise<void> {
    const bytes = Buffer.from(text).toString('base64');
    await this.run(`echo ${bytes} | base64 -d | xclip -i -selection ${selection} >/dev/null 2>&1`);
  }

  /** Owns the clipboard with the bytes of a file of the guest. */
  async copyFile(file: string, type: string): Promise<void> {
    await this.run(`xclip -i -selection clipboard -t ${type} ${file} >/dev/null 2>&1`);
  }

  #inSession(command: string): string {
    const enter = `set -a; . /run/lab-${this.user}; cd; ${command}`;
    return `runuser -u ${this.user} -- sh -c '${enter.replaceAll("'", "'\\''")}'`;
  }
}
