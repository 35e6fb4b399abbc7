import { x11 } from '#session-agent/desktop/x11/backend.ts';
import { convert } from '#session-agent/desktop/x11/clipboard/reader.ts';
import { parseDisplayName, XConnection } from '#session-agent/desktop/x11/connection.ts';
import { silent } from '#shared/log/log.ts';
import { type SpiceDesktop, startSpiceDesktop, type Which } from '#test/support/desktop/spice-desktop.ts';
import { needsXvfb } from '#test/support/desktop/x-server.ts';
import { residentKib } from '#test/support/processes.ts';
import { without } from '#test/support/programs.ts';
import { median, type Row, row, type Target } from './report.ts';

const ROUNDS = 9;
const NOW = 0;
const MEGABYTE = 1_000_000;
const never = new AbortController().signal;

interface Case {
  readonly name: string;
  readonly type: 'text' | 'png';
  readonly target: 'UTF8_STRING' | 'image/png';
  readonly bytes: number;
  readonly unit: 'ms' | 'MB/s';
}

const CASES: readonly Case[] = [
  { name: 'text 1 KiB', type: 'text', target: 'UTF8_STRING', bytes: 1024, unit: 'ms' },
  { name: 'text 1 MiB', type: 'text', target: 'UTF8_STRING', bytes: 1024 * 1024, unit: 'ms' },
  { name: 'image 20 MB', type: 'png', target: 'image/png', bytes: 20 * MEGABYTE, unit: 'MB/s' },
];

type Seconds = Readonly<Record<'toGuest' | 'toHost', number>>;

/**
 * The whole way between a SPICE client and an X11 application, through both programs and the X server: ours, and
 * spice-vdagentd with spice-vdagent, with the same client and the same application.
 */
export async function clipboardRows(): Promise<Row[]> {
  const missing = without('spice-vdagentd') || needsXvfb;
  if (missing) throw new Error(missing);
  const original = await measureAll('original');
  const ours = await measureAll('ours');
  const rows = CASES.flatMap((one, index) =>
    (['toGuest', 'toHost'] as const).map((way) => {
      const figure = (all: All) => inUnit(one, all.cases[index]?.[way] ?? Number.NaN);
      const name = `clipboard, ${one.name}, ${way === 'toGuest' ? 'client to application' : 'application to client'}`;
      return row(name, one.unit, { original: figure(original), ours: figure(ours) }, targetOf(one, way));
    }),
  );
  const memory = (which: 'system' | 'session') =>
    row(`resident memory after, ${which} agent`, 'KiB', { original: original[which], ours: ours[which] });
  return [...rows, memory('system'), memory('session')];
}

interface All {
  readonly cases: readonly Seconds[];
  readonly system: number;
  readonly session: number;
}

async function measureAll(which: Which): Promise<All> {
  await using desktop = await startSpiceDesktop(which);
  const cases: Seconds[] = [];
  const state = { serial: 0 };
  for (const one of CASES) cases.push(await measure(desktop, one, state));
  return { cases, system: residentKib(desktop.system.pid), session: residentKib(desktop.session.pid) };
}

async function measure({ host, env }: SpiceDesktop, one: Case, state: { serial: number }): Promise<Seconds> {
  const content = Buffer.alloc(one.bytes, 'x');
  const { type } = one;
  const selection = 'clipboard';
  await using application = await x11.open({ env, log: silent }, never);
  application.clipboard?.watch({ took: () => {}, copied: () => {}, cleared: () => {} });
  await using x = await XConnection.open(parseDisplayName(env.DISPLAY ?? ''), env, silent, never);
  const atoms = await x.atoms(['CLIPBOARD', 'INCR', 'TARGETS', 'UGA_SELECTION', one.target]);
  const owner = () => x.ask<number>('owner', (client, done) => client.GetSelectionOwner(atoms.CLIPBOARD, done));
  const conversion = { selection: atoms.CLIPBOARD, target: atoms[one.target], time: NOW, maxBytes: 2 * one.bytes };
  const toGuest: number[] = [];
  const toHost: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = await owner();
    host.send('clipboard-grab', { selection, serial: state.serial++, types: [type] });
    while ((await owner()) === before) await new Promise(setImmediate);
    toGuest.push(
      await seconds(async () => {
        const pasted = convert(x, atoms, conversion, never);
        await host.until('clipboard-request');
        host.send('clipboard', { selection, type, data: content });
        if ((await pasted)?.bytes.length !== one.bytes) throw new Error(`${one.name} was not pasted`);
      }),
    );
    await application.clipboard?.offer(selection, [type], async () => content);
    await host.until('clipboard-grab');
    state.serial++;
    toHost.push(
      await seconds(async () => {
        host.send('clipboard-request', { selection, type });
        await host.until('clipboard');
      }),
    );
  }
  return { toGuest: median(toGuest), toHost: median(toHost) };
}

/** Of images; the agents' part in a short text is lost in the scheduler's. */
function targetOf({ unit }: Case, way: keyof Seconds): Target | undefined {
  return unit === 'MB/s' ? { of: 'ratio', atLeast: way === 'toGuest' ? 1.5 : 1 } : undefined;
}

function inUnit({ unit, bytes }: Case, time: number): number {
  return unit === 'ms' ? time * 1000 : bytes / MEGABYTE / time;
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
