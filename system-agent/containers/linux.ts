import { statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { AgentError } from '#shared/errors.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import type { Containers } from './containers.ts';
import { parseContainers, REQUEST } from './docker.ts';

/** Docker's socket, and that of Podman where it answers in Docker's place. */
const SOCKETS = ['/run/docker.sock', '/run/podman/podman.sock'];
const LIMIT_MS = 5_000;
/** A container is told in some 2 KiB. */
const MAX_ANSWER = 16 * 1024 * 1024;

export function linuxContainers(sockets: readonly string[] = SOCKETS, owner = 0): Containers {
  let asking: Promise<string> | undefined;
  return {
    /** Those who ask while the service is asked share its answer. */
    async list() {
      const socket = sockets.find((path) => belongsTo(path, owner));
      if (socket === undefined) return [];
      asking ??= ask(socket).finally(() => {
        asking = undefined;
      });
      return parseContainers(await asking);
    },
  };
}

/** Anybody could answer on a socket of somebody else's (S7). */
function belongsTo(path: string, owner: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isSocket() === true && found.uid === owner;
}

function ask(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => socket.write(REQUEST));
    const chunks: Buffer[] = [];
    let size = 0;
    const fail = (error: AgentError) => {
      clearTimeout(deadline);
      socket.destroy();
      reject(error);
    };
    const deadline = setTimeout(() => {
      fail(new AgentError('timeout', `no answer from ${path} within ${LIMIT_MS / 1000} s`));
    }, LIMIT_MS);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ANSWER) fail(new AgentError('failed', `the answer from ${path} has no end`));
    });
    socket.on('error', (cause) => fail(new AgentError('failed', `${path}: ${systemErrorText(cause)}`, { cause })));
    socket.on('end', () => {
      clearTimeout(deadline);
      socket.destroy();
      resolve(Buffer.concat(chunks).toString());
    });
  });
}
