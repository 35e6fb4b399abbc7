import path from 'node:path';
import { temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';
import { openPort, startOurs } from '#test/support/vdagent-guests.ts';
import { median, type Row, row } from './report.ts';

const ROUNDS = 5;
const MEGABYTES = 20;
const CONTENT = 'x'.repeat(MEGABYTES * 1_000_000);
const selection = 'clipboard';

/**
 * Rows of the SPICE agent's door alone, between the host's socket and a stand-in for the session link: what the other
 * parts of the way leave to be spent. The original has no such part to compare with; its daemon ends at a socket.
 */
export async function vdagentRows(): Promise<Row[]> {
  const { toSession, toClient } = await measure();
  const rate = (name: string, seconds: number) =>
    row(`SPICE door, clipboard ${MEGABYTES} MB, ${name}`, 'MB/s', { original: null, ours: MEGABYTES / seconds });
  return [rate('client to session', toSession), rate('session to client', toClient)];
}

async function measure(): Promise<{ readonly toSession: number; readonly toClient: number }> {
  using folder = temporaryFolder();
  const file = path.join(folder.path, 'port');
  using port = await openPort(file);
  const { host } = port;
  await using guest = await startOurs(folder.path, file);
  await until(() => host.heardCount > 0);
  host.announce(true);
  const content = Buffer.from(CONTENT);
  const toSession: number[] = [];
  const toClient: number[] = [];
  let serial = 0;
  for (let round = 0; round < ROUNDS; round++) {
    host.send('clipboard-grab', { selection, serial: serial++, types: ['text'] });
    await until(() => guest.told.includes('grab'));
    host.heard();
    guest.paste();
    await until(() => host.heardCount > 0);
    guest.told.length = 0;
    toSession.push(
      await seconds(() => {
        host.send('clipboard', { selection, type: 'text', data: content });
        return until(() => guest.told.length > 0);
      }),
    );
    guest.copy(CONTENT);
    serial++;
    await until(() => host.heardCount > 1);
    host.heard();
    toClient.push(
      await seconds(() => {
        host.send('clipboard-request', { selection, type: 'text' });
        return until(() => host.heardCount > 0);
      }),
    );
    guest.told.length = 0;
  }
  return { toSession: median(toSession), toClient: median(toClient) };
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
