import path from 'node:path';
import { Copying, needsXvfb, runClient, startXvfb, type XServer } from '#test/support/desktop/x-server.ts';
import { temporaryFolder, without } from '#test/support/programs.ts';
import { Companion } from '../support/process.ts';
import type { Selection } from './client.ts';

/** Why there is no remote-viewer here; false when there is. */
export const noRemoteViewer = without('remote-viewer') || needsXvfb;

const PASTE_MS = 60_000;

/** The program that users have, on a desktop of its own; xclip there is the application beside it. */
export class RemoteViewer implements AsyncDisposable {
  private constructor(
    private readonly server: XServer,
    private readonly viewer: Companion,
    private readonly folder: ReturnType<typeof temporaryFolder>,
  ) {}

  static async start(socket: string): Promise<RemoteViewer> {
    const server = await startXvfb('1280x1024');
    const folder = temporaryFolder();
    const environment = {
      ...server.env,
      HOME: folder.path,
      GSETTINGS_BACKEND: 'memory',
      NO_AT_BRIDGE: '1',
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${path.join(folder.path, 'no-bus')}`,
    };
    const settings = Object.entries(environment).map((pair) => pair.join('='));
    const command = ['remote-viewer', `spice+unix://${socket}`];
    const viewer = await Companion.start('env', [...settings, ...command], path.join(folder.path, 'log'));
    return new RemoteViewer(server, viewer, folder);
  }

  /** An application beside the viewer copies, until it is disposed of. */
  copy(selection: Selection, content: Buffer | string, target = 'UTF8_STRING'): Copying {
    return new Copying(this.server.env, content, target, selection);
  }

  /** What an application beside the viewer reads; undefined when it is given nothing. */
  async paste(selection: Selection, target = 'UTF8_STRING'): Promise<Buffer | undefined> {
    const command = ['xclip', '-selection', selection, '-o', '-t', target] as const;
    return runClient(this.server.env, command, { timeoutMs: PASTE_MS }).catch(() => undefined);
  }

  /** As when its window is killed. */
  async kill(): Promise<void> {
    await this.viewer.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.viewer.stop();
    await this.server[Symbol.asyncDispose]();
    this.folder[Symbol.dispose]();
  }
}
