import { connect, type Socket } from 'node:net';
import { AgentError, messageOf } from '#shared/errors.ts';
import type { Deadline } from './deadline.ts';

/**
 * The unix socket of a guest's channel, connected.
 *
 * @throws {AgentError} 'failed' with the system's reason, 'timeout' or 'cancelled'
 */
export async function connectTo(path: string, deadline: Deadline): Promise<Socket> {
  deadline.waitingFor = `no connection to ${path}`;
  const socket = connect({ path });
  try {
    await deadline.wait<void>((resolve, reject) => {
      const failed = (error: Error) =>
        reject(new AgentError('failed', `cannot connect to ${path}: ${messageOf(error)}`, { cause: error }));
      socket.on('connect', resolve).on('error', failed);
      return () => socket.off('connect', resolve).off('error', failed);
    });
    return socket;
  } catch (error) {
    socket.on('error', () => {}).destroy();
    throw error;
  }
}
