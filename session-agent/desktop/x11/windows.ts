import { Buffer } from 'node:buffer';
import type { Property } from 'x11';
import { AgentError } from '#shared/errors.ts';
import type { WindowsPort } from '../backend.ts';
import type { XConnection } from './connection.ts';

/** More are not asked. */
const MAX_WINDOWS = 1024;
const ATOM = 4;
const WINDOW = 33;
const CLIENT_MESSAGE = 33;
/** What window managers listen to on the root window: SubstructureNotify and SubstructureRedirect. */
const TO_MANAGER = 0x0018_0000;
/** The wish comes from the user's side and not from an application. */
const DIRECT = 2;

/**
 * Through the window manager. Panels and the desktop's own window belong to no application.
 * Source: Extended Window Manager Hints, _NET_CLIENT_LIST, _NET_CLOSE_WINDOW and _NET_WM_WINDOW_TYPE.
 */
export function x11Windows(x: XConnection): WindowsPort {
  const numbers = async (window: number, property: number, kind: number) => {
    const { type, format, data } = await x.ask<Property>('windows', (client, done) => {
      client.GetProperty(0, window, property, kind, 0, MAX_WINDOWS, done);
    });
    if (type !== kind || format !== 32) return undefined;
    return Array.from({ length: Math.floor(data.length / 4) }, (_, index) => data.readUInt32LE(index * 4));
  };
  return {
    async closeAll() {
      const atoms = await x.atoms(NAMES);
      const windows = await numbers(x.root, atoms._NET_CLIENT_LIST, WINDOW);
      if (windows === undefined) throw new AgentError('unsupported', 'the window manager does not list them');
      const types = await Promise.all(
        // One that is gone meanwhile may be asked for nothing.
        windows.map((window) => numbers(window, atoms._NET_WM_WINDOW_TYPE, ATOM).catch(() => undefined)),
      );
      const furniture = [atoms._NET_WM_WINDOW_TYPE_DESKTOP, atoms._NET_WM_WINDOW_TYPE_DOCK];
      const open = windows.filter((_, index) => !furniture.includes(types[index]?.[0] ?? NONE));
      for (const window of open) {
        x.client.SendEvent(x.root, false, TO_MANAGER, closeWindow(window, atoms._NET_CLOSE_WINDOW));
      }
      return open.length;
    },
  };
}

const NONE = 0;
const NAMES = [
  '_NET_CLIENT_LIST',
  '_NET_CLOSE_WINDOW',
  '_NET_WM_WINDOW_TYPE',
  '_NET_WM_WINDOW_TYPE_DESKTOP',
  '_NET_WM_WINDOW_TYPE_DOCK',
] as const;

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
