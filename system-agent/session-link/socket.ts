import { closeSync, lstatSync } from 'node:fs';
import type { ListeningSocket } from '#shared/socket/listening-socket.ts';
import { listenPublicly } from '#shared/socket/public-socket.ts';
import type { DescriptorStore } from '../service-manager/service-manager.ts';

export const DEFAULT_LINK_PATH = '/run/uga/link.sock';

/**
 * Listens on the link's path, for the agents of all users (D9).
 * @throws {AgentError} 'failed'
 */
export function openLinkSocket(file: string): ListeningSocket {
  return listenPublicly(file);
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
