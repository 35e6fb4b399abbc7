import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SpiceDesktop, startSpiceDesktop, type Which } from '#test/support/desktop/spice-desktop.ts';
import { needsXvfb } from '#test/support/desktop/x-server.ts';
import { without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const skip = without('spice-vdagentd') || without('spice-vdagent') || needsXvfb;
/** Long enough for what is said to be said, even what must not be. */
const QUIET_MS = 150;

type Host = SpiceDesktop['host'];

const describe = (name: string, size: number | string, more = '') =>
  Buffer.from(`[vdagent-file-xfer]\nname=${name}\nsize=${size}\n${more}`);
const start = (host: Host, id: number, name: string, size: number | string, more = '') =>
  host.send('file-transfer-start', { id, description: describe(name, size, more) });
const data = (host: Host, id: number, content: Buffer | string) =>
  host.send('file-transfer-data', { id, data: Buffer.from(content as string) });
/** A file whole, its content in pieces as spice-gtk sends them. */
const whole = (host: Host, id: number, name: string, content: Buffer) => {
  start(host, id, name, content.length);
  for (let at = 0; at < content.length; at += 65_536) data(host, id, content.subarray(at, at + 65_536));
};
const BIG = Buffer.from(Array.from({ length: 1_000_003 }, (_, at) => (at * 7) % 253));

interface Step {
  readonly step: (host: Host) => void;
  /** Messages that are awaited. */
  readonly told: number;
}

/** What a host does, one after the other; both pairs of programs are to say the same and to leave the same files. */
const DIALOGUE: Readonly<Record<string, Step>> = {
  'a start': { step: (host) => start(host, 1, 'a.txt', 6), told: 1 },
  'half of it': { step: (host) => data(host, 1, 'abc'), told: 0 },
  'the rest': { step: (host) => data(host, 1, 'def'), told: 1 },
  'late data': { step: (host) => data(host, 1, 'x'), told: 0 },
  'data for an id that never was': { step: (host) => data(host, 99, 'x'), told: 0 },
  'an empty file': { step: (host) => start(host, 0, 'empty', 0), told: 1 },
  'its one empty message': { step: (host) => data(host, 0, ''), told: 1 },
  'a megabyte at once': { step: (host) => whole(host, 0xffff_ffff, 'big.bin', BIG), told: 2 },
  'the same name again': { step: (host) => whole(host, 1, 'a.txt', Buffer.from('second')), told: 2 },
  'and again': { step: (host) => whole(host, 1, 'a.txt', Buffer.from('third')), told: 2 },
  // One after the other: which of two that come at the same time has the number means nothing.
  'two extensions': { step: (host) => whole(host, 2, 'x.tar.gz', Buffer.from('1')), told: 2 },
  'two extensions twice': { step: (host) => whole(host, 3, 'x.tar.gz', Buffer.from('2')), told: 2 },
  'another start': { step: (host) => start(host, 4, 'cancelled', 100), told: 1 },
  'half of it, and it is cancelled': {
    step: (host) => {
      data(host, 4, 'half');
      host.send('file-transfer-status', { id: 4, result: 'cancelled' });
    },
    told: 0,
  },
  'its id again': { step: (host) => whole(host, 4, 'after cancel', Buffer.from('ok')), told: 2 },
  'data that does not wait for an answer': { step: (host) => whole(host, 5, 'hasty', Buffer.from('x')), told: 2 },
  'yet another start': { step: (host) => start(host, 5, 'longer', 3), told: 1 },
  'more than was declared': { step: (host) => data(host, 5, 'abcdef'), told: 1 },
  'a start of an id': { step: (host) => start(host, 6, 'first', 3), told: 1 },
  'the id again': { step: (host) => start(host, 6, 'second', 3), told: 1 },
  'the first goes on': { step: (host) => data(host, 6, 'abc'), told: 1 },
  'no name': {
    step: (host) => host.send('file-transfer-start', { id: 7, description: Buffer.from('[x]\n') }),
    told: 1,
  },
  'no size': {
    step: (host) =>
      host.send('file-transfer-start', { id: 7, description: Buffer.from('[vdagent-file-xfer]\nname=a\n') }),
    told: 1,
  },
  'a name with escapes, other groups and later keys': {
    step: (host) => {
      const description = Buffer.from(
        '# c\n\n[other]\nname=no\n[vdagent-file-xfer]\nname = \\sspaced\\\\back\nsize=9\nsize=2\nz=1\n',
      );
      host.send('file-transfer-start', { id: 8, description });
      data(host, 8, 'ok');
    },
    told: 2,
  },
  'one more start': { step: (host) => start(host, 10, 'abandoned', 100), told: 1 },
  'the client goes in the middle': {
    step: (host) => {
      data(host, 10, 'half');
      host.send('client-disconnected', {}, 'server');
      host.announce(true);
    },
    told: 1,
  },
  'and the next one begins anew': { step: (host) => whole(host, 10, 'next client', Buffer.from('ok')), told: 2 },
};

/** Where ours does something else, or says more of an error; what is heard and left of each. */
const DEVIATIONS: Readonly<Record<string, Step & Readonly<Record<Which, readonly [string[], string[]]>>>> = {
  'a name that leads out of the folder is an error, which ours explains': {
    step: (host) => start(host, 9, '../escaped', 1),
    told: 1,
    original: [['error'], []],
    ours: [['error'], []],
  },
  'a hidden name is visible, where the original hides it': {
    step: (host) => whole(host, 20, '.bashrc', Buffer.from('ok')),
    told: 2,
    original: [['can-send-data', 'success'], ['.bashrc']],
    ours: [['can-send-data', 'success'], ['_bashrc']],
  },
  'a control character in a name is refused, where the original takes it': {
    step: (host) => whole(host, 21, 'two\\nlines', Buffer.from('ok')),
    told: 1,
    original: [['can-send-data', 'success'], ['two\nlines']],
    ours: [['error'], []],
  },
  'a name that reads from right to left is straightened': {
    step: (host) => whole(host, 22, 'photo\u202egpj.exe', Buffer.from('ok')),
    told: 2,
    original: [['can-send-data', 'success'], ['photo\u202egpj.exe']],
    ours: [['can-send-data', 'success'], ['photo_gpj.exe']],
  },
  'a size below zero is an error, where the original takes it for a very large one': {
    step: (host) => start(host, 24, 'a', '-1'),
    told: 1,
    original: [['not-enough-space'], []],
    ours: [['error'], []],
  },
  'so is one beyond 64 bits': {
    step: (host) => start(host, 24, 'a', '99999999999999999999'),
    told: 1,
    original: [['not-enough-space'], []],
    ours: [['error'], []],
  },
  'a message that claims more than it holds fails, where the original writes what lies behind it': {
    step: (host) => {
      start(host, 23, 'claimed', 10);
      const body = Buffer.alloc(14, 'x');
      body.writeUInt32LE(23, 0);
      body.writeBigUInt64LE(10n, 4);
      host.sendRaw(12, body);
    },
    told: 1,
    original: [['can-send-data', 'success'], ['claimed']],
    ours: [['error'], []],
  },
};

function contents(folder: string): Record<string, string> {
  const hash = (name: string) => {
    try {
      return createHash('sha256')
        .update(readFileSync(path.join(folder, name)))
        .digest('hex');
    } catch {
      return 'gone meanwhile';
    }
  };
  return Object.fromEntries(
    readdirSync(folder)
      .filter((name) => !name.startsWith('.uga-partial-'))
      .sort()
      .map((name) => [name, hash(name)]),
  );
}

async function play(which: Which) {
  await using desktop = await startSpiceDesktop(which);
  const { host, received } = desktop;
  if (which === 'ours') await desktop.system.said(/session agent connected/);
  await sleep(2 * QUIET_MS);
  host.heard();
  const perform = async ({ step, told }: Step) => {
    step(host);
    await until(() => host.heardCount >= told, `${which}: ${told} messages after ${step}`);
    await sleep(QUIET_MS);
    const heard = host.heard() as [string, { readonly id?: number }][];
    // Of one file in order; which of two files is answered first means nothing.
    return heard
      .map(([name, fields]) => (name === 'announce-capabilities' ? ([name, {}] as const) : ([name, fields] as const)))
      .sort(([, a], [, b]) => (a.id ?? 0) - (b.id ?? 0));
  };
  const result: Record<string, unknown> = {};
  for (const [name, step] of Object.entries(DIALOGUE)) result[name] = await perform(step);
  assert.deepEqual(
    readdirSync(received).filter((name) => name.startsWith('.')),
    [],
    'nothing in part',
  );
  result.files = contents(received);
  for (const [name, deviation] of Object.entries(DEVIATIONS)) {
    const before = new Set(readdirSync(received));
    const heard = (await perform(deviation)) as [string, { result?: string }][];
    const added = readdirSync(received).filter((file) => !before.has(file));
    assert.deepEqual([heard.map(([, fields]) => fields.result), added], deviation[which], `${which}: ${name}`);
  }
  return result;
}

it('says to a client, and leaves in the folder, what spice-vdagentd and spice-vdagent do with its files', {
  skip,
  timeout: 120_000,
}, async () => {
  const original = await play('original');
  const ours = await play('ours');
  assert.deepEqual(ours, original);
});
