import { Buffer } from 'node:buffer';
import type { Property } from 'x11';
import { AgentError } from '#shared/errors.ts';
import type { WindowsPort } from '../backend.ts';
import type { XConnection } from './connection.ts';

/** More are not asked. */
const MAX_WINDOWS = 1024;
const WINDOW = 33;
const CLIENT_MESSAGE = 33;
/** What window managers listen to on the root window: SubstructureNotify and SubstructureRedirect. */
const TO_MANAGER = 0x0018_0000;
/** The wish comes from the user's side and not from an application. */
const DIRECT = 2;

/** Through the window manager. Source: Extended Window Manager Hints, _NET_CLIENT_LIST and _NET_CLOSE_WINDOW. */
export function x11Windows(x: XConnection): WindowsPort {
  return {
    async closeAll() {
      const atoms = await x.atoms(['_NET_CLIENT_LIST', '_NET_CLOSE_WINDOW']);
      const { type, format, data } = await x.ask<Property>('windows', (client, done) => {
        client.GetProperty(0, x.root, atoms._NET_CLIENT_LIST, WINDOW, 0, MAX_WINDOWS, done);
      });
      if (type !== WINDOW || format !== 32)
        throw new AgentError('unsupported', 'the window manager does not list them');
      const windows = Array.from({ length: Math.floor(data.length / 4) }, (_, index) => data.readUInt32LE(index * 4));
      for (const window of windows) {
        x.client.SendEvent(x.root, false, TO_MANAGER, closeWindow(window, atoms._NET_CLOSE_WINDOW));
      }
      return windows.length;
    },
  };
}

/** Event code, format, window, type, and five numbers of which the first two are time and source. */
function closeWindow(window: number, type: number): Buffer {
  const event = Buffer.alloc(32);
  event[0] = CLIENT_MESSAGE;
  event[1] = 32;
  event.writeUInt32LE(window, 4);
  event.writeUInt32LE(type, 8);
  event.writeUInt32LE(DIRECT, 16);
  return event;
}
