import { AgentError } from '#shared/errors.ts';
import type { ClipboardPort } from '../../backend.ts';
import { connectPatiently } from '../../patience.ts';
import type { Way } from '../way.ts';

/**
 * Through the X server of the Wayland session, whose selections the compositor keeps the same as its own. Comes last: it is an
 * X server more in memory, and what it carries goes through one more program.
 */
export const xwayland: Way<ClipboardPort> = {
  name: 'Xwayland',
  globals: [],

  async open({ env, log, signal }) {
    if (!env.DISPLAY) throw new AgentError('unsupported', 'DISPLAY is not set');
    const { parseDisplayName, XConnection } = await import('../../x11/connection.ts');
    const { X11Clipboard } = await import('../../x11/clipboard/clipboard.ts');
    const display = parseDisplayName(env.DISPLAY);
    const x = await connectPatiently(() => XConnection.open(display, env, log, signal), signal);
    try {
      const port = await X11Clipboard.open(x, log);
      return {
        port,
        ended: x.ended.then(() => 'Xwayland has closed the connection'),
        async [Symbol.asyncDispose]() {
          await port[Symbol.asyncDispose]();
          await x[Symbol.asyncDispose]();
        },
      };
    } catch (error) {
      await x[Symbol.asyncDispose]();
      throw error;
    }
  },
};
