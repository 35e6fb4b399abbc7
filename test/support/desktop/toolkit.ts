import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { runClient } from './x-server.ts';

export type Toolkit = 'gtk' | 'qt';

/** Debian's own interpreter, for which its packages are. */
const PYTHON = '/usr/bin/python3';
const script = (toolkit: Toolkit) => `test/support/desktop/${toolkit}-clipboard.py`;

const NEEDED: Readonly<Record<Toolkit, readonly string[]>> = {
  gtk: ['/usr/share/doc/gir1.2-gtk-3.0/copyright', '/usr/lib/python3/dist-packages/gi'],
  qt: ['/usr/lib/python3/dist-packages/PyQt5/QtGui.abi3.so'],
};

/** Reason for a skip, else false. */
export function needsToolkit(toolkit: Toolkit): string | false {
  const missing = NEEDED[toolkit].find((file) => !existsSync(file));
  return missing === undefined ? false : `${missing} is not there`;
}

/** No bus and no accessibility: looking for them takes seconds. */
export const QUIET = { NO_AT_BRIDGE: '1', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' };

/** What an application of the toolkit pastes: the text, or size and colour of the image; "nothing". */
export async function pasteIn(
  toolkit: Toolkit,
  env: Readonly<Record<string, string>>,
  kind: 'text' | 'image',
): Promise<string> {
  return (await runClient({ ...env, ...QUIET }, [PYTHON, script(toolkit), 'paste', kind])).toString();
}

/** An application of the toolkit that has copied. */
export class ToolkitCopying implements AsyncDisposable {
  readonly #child: ReturnType<typeof spawn>;

  /** @param content words, or a PNG's file */
  constructor(toolkit: Toolkit, env: Readonly<Record<string, string>>, kind: 'text' | 'image', content: string) {
    this.#child = spawn(PYTHON, [script(toolkit), 'copy', kind, content], {
      env: { ...env, ...QUIET },
      stdio: 'ignore',
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** A PNG of three by two pixels, and what is seen of it. */
export const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR4nGMQ' + 'MgmDIAY4CwAjDAOpqe3J+QAAAABJRU5ErkJggg==',
  'base64',
);
export const PICTURE_SEEN = '3x2 123456';
