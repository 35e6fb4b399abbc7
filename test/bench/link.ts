import type { Link } from '#protocol/ipc/link.ts';
import { clipboardRead } from '#protocol/ipc/messages/clipboard.ts';
import { monitorsConfigure } from '#protocol/ipc/messages/monitors.ts';
import { LinkHost } from '#test/support/link/link-host.ts';
import { until } from '#test/support/until.ts';
import { median, type Row, row } from './report.ts';

const ROUNDS = 9;
const CALLS = 2000;
const CONTENT = Buffer.alloc(32 * 1024 * 1024, 'content ');
const TIMEOUT_MS = 30_000;

/** The session link by itself; both ends in this one process, so two processes are not slower. */
export async function linkRows(): Promise<Row[]> {
  await using host = await LinkHost.start();
  const client = await host.connected();
  await until(() => host.server.link.served !== undefined);
  const link = host.server.link.served?.agent.link;
  if (link === undefined) throw new Error('no agent is served');
  client.handle(monitorsConfigure, async () => ({ applied: true, why: undefined }));
  client.handle(clipboardRead, async () => ({ stream: client.sendStream(CONTENT), why: undefined }));
  link.handle(clipboardRead, async () => ({ stream: link.sendStream(CONTENT), why: undefined }));
  return [
    row('session link, round trip', 'µs', { original: null, ours: await measured(() => roundTrip(link)) }),
    row('session link, content to the system', 'MB/s', { original: null, ours: await measured(() => content(link)) }),
    row('session link, content to the session', 'MB/s', {
      original: null,
      ours: await measured(() => content(client)),
    }),
  ];
}

async function measured(measure: () => Promise<number>): Promise<number> {
  await measure(); // warm
  const figures: number[] = [];
  for (let round = 0; round < ROUNDS; round++) figures.push(await measure());
  return median(figures);
}

async function roundTrip(link: Link): Promise<number> {
  const started = process.hrtime.bigint();
  for (let call = 0; call < CALLS; call++) {
    await link.call(monitorsConfigure, { monitors: [], positioned: false }, TIMEOUT_MS);
  }
  return Number(process.hrtime.bigint() - started) / 1e3 / CALLS;
}

async function content(link: Link): Promise<number> {
  const started = process.hrtime.bigint();
  const { stream } = await link.call(
    clipboardRead,
    { selection: 'clipboard', type: 'text', maxBytes: CONTENT.length },
    TIMEOUT_MS,
  );
  if (stream === undefined) throw new Error('no content');
  await link.receiveStream(stream, CONTENT.length, TIMEOUT_MS);
  return CONTENT.length / 1e6 / (Number(process.hrtime.bigint() - started) / 1e9);
}
