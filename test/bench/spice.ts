import { closeSync, fstatSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Pointer } from 'x11';
import { parseDisplayName, XConnection } from '#session-agent/desktop/x11/connection.ts';
import { silent } from '#shared/log/log.ts';
import { type SpiceDesktop, startSpiceDesktop, type Which } from '#test/support/desktop/spice-desktop.ts';
import { needsXvfb } from '#test/support/desktop/x-server.ts';
import { processorMs } from '#test/support/processes.ts';
import { without } from '#test/support/programs.ts';
import { WIDTH } from '#test/support/vdagent-guests.ts';
import { both, type Pair } from './pair.ts';
import { median, type Row, row } from './report.ts';

const ROUNDS = 5;
const EVENTS = 20_000;
const MOVES = 500;
const RECORD_BYTES = 24;
/** Of a click at another place: x, the button, and the end mark. Ours has the fine wheel's records besides, which are not made here. */
const RECORDS = 3;
const FILE_ROUNDS = 7;
const FILE_BYTES = 100_000_000;
const PIECE_BYTES = 65_536;
const LEFT = 2;
const never = new AbortController().signal;

/** What a SPICE client's user feels besides the clipboard: the pointer and files, through both programs whole and real. */
export async function spiceRows(): Promise<Row[]> {
  const missing = without('spice-vdagentd') || needsXvfb;
  if (missing) throw new Error(missing);
  const mice = await inTurn(mouse);
  const files = await fileTransfers();
  const x = await throughX();
  return [
    row(
      'mouse, presses and moves, to the input device',
      'events/s',
      both(mice, ({ rate }) => rate),
    ),
    row(
      'mouse, one move, message to input device',
      'µs',
      both(mice, ({ latency }) => latency),
    ),
    row('mouse, one move, message to X by XTEST', 'µs', { original: null, ours: x }),
    row(
      'file 100 MB, client to folder',
      'MB/s',
      both(files, ({ rate }) => rate),
    ),
    row(
      'file 100 MB: CPU of both agents',
      'ms/MB',
      both(files, ({ cpu }) => cpu),
    ),
  ];
}

async function inTurn<T>(measure: (which: Which) => Promise<T>): Promise<Pair<T>> {
  return { original: await measure('original'), ours: await measure('ours') };
}

/** Records are counted in the file that stands for the device; each state is another place and another press. */
async function mouse(which: Which): Promise<{ readonly rate: number; readonly latency: number }> {
  await using desktop = await startSpiceDesktop(which, { uinput: 'fake' });
  await ready(desktop, which);
  const device = openSync(desktop.uinput, 'r');
  const grown = (bytes: number) => {
    const end = fstatSync(device).size + bytes;
    return async () => {
      while (fstatSync(device).size < end) await new Promise(setImmediate);
    };
  };
  let at = 0;
  const state = (buttons: number) =>
    desktop.host.send('mouse-state', { x: ++at % WIDTH, y: 0, buttons, displayId: 0 }, 'server');
  try {
    await settle(desktop, device, () => state(0));
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const all = grown(EVENTS * RECORDS * RECORD_BYTES);
      rates.push(
        EVENTS /
          (await seconds(async () => {
            for (let event = 0; event < EVENTS; event++) state(event % 2 === 0 ? LEFT : 0);
            await all();
          })),
      );
    }
    const latencies: number[] = [];
    for (let move = 0; move < MOVES; move++) {
      const moved = grown(2 * RECORD_BYTES);
      latencies.push(
        1e6 *
          (await seconds(async () => {
            state(0);
            await moved();
          })),
      );
    }
    return { rate: median(rates), latency: median(latencies) };
  } finally {
    closeSync(device);
  }
}

/** The first move may be lost while the session is still telling its layout. */
async function settle({ host }: SpiceDesktop, device: number, move: () => void): Promise<void> {
  while (fstatSync(device).size === 0) {
    move();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  host.heard();
}

async function throughX(): Promise<number> {
  await using desktop = await startSpiceDesktop('ours', { uinput: 'auto' });
  await ready(desktop, 'ours');
  const { env, host } = desktop;
  await using x = await XConnection.open(parseDisplayName(env.DISPLAY ?? ''), env, silent, never);
  const left = async () => (await x.ask<Pointer>('pointer', (client, done) => client.QueryPointer(x.root, done))).rootX;
  // The first move may be lost while the session is still telling its layout.
  for (const before = await left(); (await left()) === before; await new Promise((resolve) => setTimeout(resolve, 100)))
    host.send('mouse-state', { x: 0, y: 0, buttons: 0, displayId: 0 }, 'server');
  const latencies: number[] = [];
  for (let move = 0; move < MOVES; move++) {
    const to = 1 + (move % (WIDTH - 1));
    latencies.push(
      1e6 *
        (await seconds(async () => {
          host.send('mouse-state', { x: to, y: 0, buttons: 0, displayId: 0 }, 'server');
          while ((await left()) !== to);
        })),
    );
  }
  return median(latencies);
}

interface Transfer {
  readonly rate: number;
  readonly cpu: number;
}

/** Both at once on the machine, one transfer of each in turn: what the disk does at the moment counts for both. */
async function fileTransfers(): Promise<Pair<Transfer>> {
  await using original = await startSpiceDesktop('original');
  await using ours = await startSpiceDesktop('ours');
  await ready(original, 'original');
  await ready(ours, 'ours');
  const all: Pair<Transfer[]> = { original: [], ours: [] };
  for (let id = 1; id <= FILE_ROUNDS; id++) {
    all.original.push(await fileTransfer(original, id));
    all.ours.push(await fileTransfer(ours, id));
  }
  return both(all, (transfers) => ({
    rate: median(transfers.map(({ rate }) => rate)),
    cpu: median(transfers.map(({ cpu }) => cpu)),
  }));
}

/** As spice-gtk sends it, but without waiting for the server between two pieces. */
async function fileTransfer({ host, received, system, session }: SpiceDesktop, id: number): Promise<Transfer> {
  const piece = Buffer.alloc(PIECE_BYTES, 'x');
  const spent = () => processorMs(system.pid) + processorMs(session.pid);
  const before = spent();
  const time = await seconds(async () => {
    const description = Buffer.from(`[vdagent-file-xfer]\nname=data\nsize=${FILE_BYTES}\n`);
    host.send('file-transfer-start', { id, description });
    await host.until('file-transfer-status');
    for (let left = FILE_BYTES; left > 0; left -= PIECE_BYTES)
      host.send('file-transfer-data', { id, data: piece.subarray(0, left) });
    await host.until('file-transfer-status');
  });
  const cpu = (spent() - before) / (FILE_BYTES / 1e6);
  for (const name of readdirSync(received)) {
    const file = path.join(received, name);
    if (statSync(file).size !== FILE_BYTES) throw new Error(`${name} has ${statSync(file).size} bytes`);
    rmSync(file);
  }
  return { rate: FILE_BYTES / 1e6 / time, cpu };
}

async function ready({ system, host }: SpiceDesktop, which: Which): Promise<void> {
  if (which === 'ours') await system.said(/session agent connected/);
  host.heard();
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
