import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { temporaryFolder } from './programs.ts';

export interface GuestRequest {
  readonly execute: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** The byte 0xFF stood before it. */
  readonly afterSentinel: boolean;
}

export interface ScriptedGuest extends AsyncDisposable {
  readonly path: string;
  readonly requests: readonly GuestRequest[];
}

/** How the guest answers; true if it did. A guest-sync-delimited it leaves alone is answered properly. */
export type Script = (request: GuestRequest, socket: Socket) => boolean;

/** What sits behind QEMU's chardev socket, as far as a client sees it; it misbehaves as its script says. */
export async function startGuest(script: Script): Promise<ScriptedGuest> {
  const requests: GuestRequest[] = [];
  const guest = await listenAsGuest((socket) => {
    let text = '';
    socket.on('data', (bytes) => {
      const lines = (text + bytes.toString('latin1')).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const request = { ...JSON.parse(line.replace(/^\xff/, '')), afterSentinel: line.startsWith('\xff') };
        requests.push(request);
        if (!script(request, socket) && request.execute === 'guest-sync-delimited') socket.write(syncReply(request));
      }
    });
  });
  return { ...guest, requests };
}

/** A channel's socket at which a test plays the guest: `accept` gets each connection. */
export async function listenAsGuest(
  accept: (socket: Socket) => void,
): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = temporaryFolder();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    accept(socket);
  });
  const socketPath = path.join(folder.path, 'door.sock');
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    path: socketPath,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      folder[Symbol.dispose]();
    },
  };
}

export function syncReply(request: GuestRequest): Buffer {
  return Buffer.from(`\xff{"return": ${request.arguments?.id}}\n`, 'latin1');
}
