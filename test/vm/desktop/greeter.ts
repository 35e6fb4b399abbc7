import type { RootShell } from '../guest/root-shell.ts';
import type { Size } from '../spice/client.ts';
import { activeSession, askForUser, type LoginSession, reachOf } from './logind.ts';
import { pointerIn, screenIn } from './session.ts';

/** Its window comes seconds after its session, and later on a busy machine. */
const WINDOW_SECONDS = 60;

/** LightDM's greeter at the screen, seen by root with Debian's own tools. */
export class Greeter {
  private constructor(
    private readonly shell: RootShell,
    private readonly session: LoginSession,
  ) {}

  /** Beside the sessions there are; comes back when a password can be typed. */
  static async for(shell: RootShell, user: string): Promise<Greeter> {
    await askForUser(shell, user);
    const greeter = new Greeter(shell, await activeSession(shell, 'lightdm'));
    await greeter.#run('xdotool search --sync --onlyvisible --class lightdm-gtk-greeter', WINDOW_SECONDS);
    return greeter;
  }

  async screen(): Promise<Size> {
    return screenIn(await this.#run('xrandr --current'));
  }

  async pointer(): Promise<{ x: number; y: number }> {
    return pointerIn(await this.#run('xdotool getmouselocation'));
  }

  /** Into the field that has the keyboard, in place of what is there. */
  async type(text: string): Promise<void> {
    await this.#run(`xdotool key ctrl+a && xdotool type --delay 50 ${text}`, WINDOW_SECONDS);
  }

  #run(command: string, seconds?: number): Promise<string> {
    return this.shell.run(`export ${reachOf(this.session)}; ${command}`, seconds);
  }
}
