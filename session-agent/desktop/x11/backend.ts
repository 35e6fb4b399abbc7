import { messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import type { Desktop, DesktopBackend, DesktopPort, SessionInfo } from '../backend.ts';
import { connectPatiently } from '../patience.ts';
import { X11Clipboard } from './clipboard/clipboard.ts';
import { parseDisplayName, XConnection } from './connection.ts';
import { x11Keyboard } from './keyboard.ts';
import { X11Monitors } from './monitors/monitors.ts';
import { X11Pointer } from './pointer.ts';
import { x11Windows } from './windows.ts';

/** Sessions on an X server. In a Wayland session it is Xwayland, which carries the clipboard and nothing else. */
export const x11: DesktopBackend = {
  name: 'x11',
  detect: ({ env }) => Boolean(env.DISPLAY),

  async open(session: SessionInfo, signal: AbortSignal): Promise<Desktop> {
    const { env, log } = session;
    const display = parseDisplayName(env.DISPLAY ?? '');
    const connect = () => XConnection.open(display, env, log, signal);
    const x = await connectPatiently(connect, signal);
    try {
      return await openPorts(x, connect, env.XDG_SESSION_TYPE === 'wayland' ? 'wayland' : 'x11', log);
    } catch (error) {
      await x[Symbol.asyncDispose]();
      throw error;
    }
  },
};

/** A port that this server cannot have is said in the log and left out. */
async function openPorts(
  x: XConnection,
  connect: () => Promise<XConnection>,
  display: 'x11' | 'wayland',
  log: Log,
): Promise<Desktop> {
  const lacks: Partial<Record<DesktopPort, string>> = {};
  const orNone = async <P>(port: DesktopPort, opened: Promise<P>): Promise<P | undefined> => {
    try {
      return await opened;
    } catch (error) {
      if (!x.alive) throw error;
      lacks[port] = messageOf(error);
      log.warn('the display cannot do this', { port, why: lacks[port] });
      return undefined;
    }
  };
  const clipboard = await orNone('clipboard', X11Clipboard.open(x, log));
  const monitors = display === 'x11' ? await orNone('monitors', X11Monitors.open(x, log)) : undefined;
  const pointer = monitors && (await orNone('pointer', X11Pointer.open(x, connect)));
  const why = display === 'x11' ? lacks.monitors : 'Xwayland does not arrange the monitors of a Wayland session';
  const by = display === 'x11' ? 'X11' : 'Xwayland';
  return {
    display,
    by: { clipboard: by, monitors: by, pointerLayout: by, pointer: by },
    lacks: { ...lacks, ...(why !== undefined && { monitors: why, pointerLayout: why, pointer: why }) },
    lost: x.ended.then(() => 'the X server has closed the connection'),
    ...(clipboard && { clipboard }),
    ...(monitors && { monitors, pointerLayout: monitors }),
    ...(pointer && { pointer }),
    // Xwayland knows only the windows of old applications, and no lock of a Wayland session takes its keyboard.
    ...(display === 'x11' && { windows: x11Windows(x), keyboard: x11Keyboard(x) }),
    async [Symbol.asyncDispose]() {
      await clipboard?.[Symbol.asyncDispose]();
      monitors?.[Symbol.dispose]();
      await pointer?.[Symbol.asyncDispose]();
      await x[Symbol.asyncDispose]();
    },
  };
}
