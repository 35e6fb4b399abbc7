import type { ListeningSocket } from '#shared/socket/listening-socket.ts';
import { listenPublicly } from '#shared/socket/public-socket.ts';

export const DEFAULT_LINK_PATH = '/run/uga/link.sock';

/**
 * Listens on the link's path, for the agents of all users (D9).
 * @throws {AgentError} 'failed'
 */
export function openLinkSocket(file: string): ListeningSocket {
  return listenPublicly(file);
}
