import { chmodSync, closeSync, lstatSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '#shared/errors.ts';
import { type ListeningSocket, listenAt } from '#shared/socket/listening-socket.ts';
import type { DescriptorStore } from '../service-manager/service-manager.ts';

export const DEFAULT_LINK_PATH = '/run/uga/link.sock';

/** Connections that the kernel keeps until we look; beyond it a connect waits or fails on the client's side. */
const WAITING_CLIENTS = 64;
/** Every user may connect: who is served is decided by what the kernel says of the process (D9). */
const SOCKET_MODE = 0o666;
const FOLDER_MODE = 0o755;

/**
 * Listens on the link's path, in a folder that only we write to; it is made if need be.
 * @throws {AgentError} 'failed'
 */
export function openLinkSocket(file: string): ListeningSocket {
  makeFolder(path.dirname(file));
  return listenAt(file, WAITING_CLIENTS, SOCKET_MODE);
}

/**
 * The same over restarts: sessions that connect while there is no agent wait in the kernel for the next one.
 * @throws {AgentError} 'failed'
 */
export function keepLinkSocket(file: string, store: DescriptorStore): ListeningSocket {
  const name = `link:${file}`;
  const kept = store.take(name);
  if (kept !== undefined && lstatSync(file, { throwIfNoEntry: false })?.isSocket()) return handedDown(kept);
  if (kept !== undefined) closeSync(kept); // nobody finds the way to it any more
  const socket = openLinkSocket(file);
  return store.keep(name, socket.fd) ? handedDown(socket.fd) : socket;
}

/** Its file belongs to whoever keeps it. */
function handedDown(fd: number): ListeningSocket {
  return { fd, close: () => closeSync(fd) };
}

/** One that exists keeps its mode; what is wrong with it shows when the socket is bound. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
    chmodSync(folder, FOLDER_MODE); // the umask is ours, not the folder's
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
