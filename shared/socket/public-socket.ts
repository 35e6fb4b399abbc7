import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../errors.ts';
import { type ListeningSocket, listenAt } from './listening-socket.ts';

/** Connections that the kernel keeps until we look; beyond it a connect waits or fails on the client's side. */
const WAITING_CLIENTS = 64;
/** Every user may connect: what they get is decided by what the kernel says of them (S8). */
const SOCKET_MODE = 0o666;
const FOLDER_MODE = 0o755;

/**
 * Listens for all local users, in a folder that only we write to; it is made if need be.
 * @throws {AgentError} 'failed'
 */
export function listenPublicly(file: string): ListeningSocket {
  makeFolder(path.dirname(file));
  return listenAt(file, WAITING_CLIENTS, SOCKET_MODE);
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
