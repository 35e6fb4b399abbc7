import path from 'node:path';
import { QmpServer } from '#host/qmp/server.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { listenAt } from '#shared/socket/listening-socket.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { QmpClient } from '#test/support/qmp/client.ts';
import type { GuestRequest, Script } from '#test/support/scripted-guest.ts';

export interface Rig extends AsyncDisposable {
  readonly socket: string;
  readonly log: MemoryLog;
  /** A client in command mode; it ends with the rig. */
  client(name?: string): Promise<QmpClient>;
  stop(): Promise<void>;
}

/** A QMP server in this process, in front of what listens at `guest`. */
export async function startServer(guest: string, times: { timeoutMs?: number; eventsMs?: number } = {}): Promise<Rig> {
  const folder = temporaryFolder();
  const socket = path.join(folder.path, 'qmp.sock');
  const log = new MemoryLog();
  const listener = listenAt(socket, 16, 0o600);
  const server = new QmpServer({ listener, guest, timeoutMs: 10_000, eventsMs: 20, log, ...times });
  await server.start();
  const clients: QmpClient[] = [];
  return {
    socket,
    log,
    async client(name) {
      const client = await QmpClient.negotiated(socket, name);
      clients.push(client);
      return client;
    },
    stop: () => server.stop(),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client[Symbol.dispose]();
      await server.stop();
      folder[Symbol.dispose]();
    },
  };
}

/** A guest with these commands, which answers what `more` does not with the name of the command. */
export function agent(commands: readonly string[], more: Script = () => false): Script {
  return (request, socket) => {
    if (more(request, socket)) return true;
    if (request.execute === 'guest-sync-delimited') return false;
    const supported_commands = commands.map((name) => ({ name, enabled: true }));
    const result = request.execute === 'guest-info' ? { version: '1', supported_commands } : request.execute;
    socket.write(`${JSON.stringify({ return: result })}\n`);
    return true;
  };
}

/** What clients asked for, without what the server asks on its own account. */
export function asked(requests: readonly GuestRequest[]): string[] {
  const own = ['guest-sync-delimited', 'guest-info', 'uga-event-wait'];
  return requests.map(({ execute }) => execute).filter((name) => !own.includes(name));
}
