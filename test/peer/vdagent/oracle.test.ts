import assert from 'node:assert/strict';
import path from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder, without } from '#test/support/programs.ts';
import { random } from '#test/support/random.ts';
import { until } from '#test/support/until.ts';
import { type Guest, openPort, startOriginal, startOurs } from '#test/support/vdagent-guests.ts';

const skip = without('spice-vdagentd');
const selection = 'clipboard';
const text = { selection, type: 'text' } as const;
const monitor = { width: 800, height: 600, x: 0, y: 0, depth: 32 };
const mouse = (x: number, y: number, buttons: number, displayId = 0) => ({ x, y, buttons, displayId });
/** Long enough for what is said to be said, even what must not be. Ours is given the time it needs for what it must. */
const QUIET_MS = 250;

/** The end of one frame of events. */
const END = '0,0,0';

type Port = Awaited<ReturnType<typeof openPort>>;
type Step = (port: Port, guest: Guest) => void;

/** A host's dialogue, one step after the other. Both programs are to say the same after each. */
const DIALOGUE: Readonly<Record<string, Step>> = {
  'a copy in the guest': (_, guest) => guest.copy('hello'),
  'the client reads it': ({ host }) => host.send('clipboard-request', text),
  'the client reads it again': ({ host }) => host.send('clipboard-request', text),
  'another copy in the guest': (_, guest) => guest.copy('more'),
  'a stale grab of the client': ({ host }) => host.send('clipboard-grab', { selection, serial: 7, types: ['text'] }),
  'a grab of the client that crossed the last': ({ host }) =>
    host.send('clipboard-grab', { selection, serial: 1, types: ['text'] }),
  'a grab of the client': ({ host }) => host.send('clipboard-grab', { selection, serial: 2, types: ['text'] }),
  'a paste in the guest': (_, guest) => guest.paste(),
  'the content': ({ host }) => host.send('clipboard', { ...text, data: Buffer.from('from the client') }),
  'the client releases': ({ host }) => host.send('clipboard-release', { selection }),
  'a third copy': (_, guest) => guest.copy('third'),
  'the guest releases': (_, guest) => guest.release(),
  monitors: ({ host }) => host.send('monitors-config', { hasPositions: false, monitors: [monitor] }),
  'a broken monitors message': ({ host }) => host.sendRaw(2, Buffer.alloc(7)),
  'an unknown message': ({ host }) => host.sendRaw(77, Buffer.alloc(7)),
  'a mouse message that is too short': ({ host }) => host.sendRaw(1, Buffer.alloc(12), 'server'),
  'an announcement that does not ask': ({ host }) => host.announce(false),
  'a move': ({ host }) => host.send('mouse-state', mouse(11, 22, 0), 'server'),
  'the same again': ({ host }) => host.send('mouse-state', mouse(11, 22, 0), 'server'),
  'to the corner, pressing everything': ({ host }) => host.send('mouse-state', mouse(1023, 767, 0xfe), 'server'),
  'letting half of it go': ({ host }) => host.send('mouse-state', mouse(1023, 700, 0x2a), 'server'),
  'an unknown display': ({ host }) => host.send('mouse-state', mouse(1, 1, 2, 9), 'server'),
  'nothing pressed': ({ host }) => host.send('mouse-state', mouse(0, 700, 0), 'server'),
  'a new client': ({ host }) => host.announce(true),
  'a copy for the new client': (_, guest) => guest.copy('fourth'),
  'the client is gone': ({ host }) => host.send('client-disconnected', {}, 'server'),
};

interface Seen {
  readonly host: readonly unknown[];
  readonly session: readonly string[];
  readonly pointer: readonly string[];
}

async function play(
  start: (folder: string, port: string) => Promise<Guest>,
  expected: Readonly<Record<string, Seen>> = {},
): Promise<Record<string, Seen>> {
  using folder = temporaryFolder();
  const file = path.join(folder.path, 'port');
  using port = await openPort(file);
  await using guest = await start(folder.path, file);
  await until(() => port.host.heardCount > 0, 'the announcement');
  port.host.announce(true);
  await until(() => port.host.heardCount > 1, 'the answer to ours');
  const result: Record<string, Seen> = {};
  const note = (name: string, recordsBefore: number) => {
    result[name] = {
      host: withoutCapabilities(port.host.heard()),
      session: guest.told.splice(0),
      pointer: guest.pointerRecords().slice(recordsBefore),
    };
  };
  note('at first', 0);
  for (const [name, step] of Object.entries(DIALOGUE)) {
    const before = guest.pointerRecords().length;
    const { host = [], session = [], pointer = [] } = expected[name] ?? {};
    step(port, guest);
    await until(
      () =>
        port.host.heardCount >= host.length &&
        guest.told.length >= session.length &&
        guest.pointerRecords().length - before >= pointer.length,
      `as much as the original after ${name}`,
    );
    await sleep(QUIET_MS);
    note(name, before);
  }
  return result;
}

/** Which capabilities there are is the difference between the two; that they are announced is not. */
function withoutCapabilities(messages: unknown[]): unknown[] {
  return messages.map((message) => {
    const [name, fields] = message as [string, object];
    return [name, { ...fields, capabilities: undefined }];
  });
}

it('says to a host, to a session and to the pointer what spice-vdagentd says', { skip }, async () => {
  const original = await play(startOriginal);
  assert.deepEqual(await play(startOurs, original), original);
});

it('gives the input device the events that spice-vdagentd gives it, for any states on two displays', {
  skip,
}, async () => {
  const displays = [
    { id: 0, x: 0, y: 100, width: 1000, height: 600 },
    { id: 1, x: 1000, y: 0, width: 1366, height: 768 },
  ];
  const layout = { width: 2366, height: 768, displays };
  const below = random(20_261_122);
  const states = Array.from({ length: 500 }, (_, at) => {
    const displayId = below(10) === 0 ? 7 : below(2);
    const { width, height } = displays[displayId] ?? { width: 9, height: 9 };
    const isCorner = below(3) === 0;
    const x = isCorner ? below(2) * (width - 1) : below(width);
    const y = isCorner ? below(2) * (height - 1) : below(height);
    return mouse(x, y, below(3) === 0 ? below(256) : 0, at === 0 ? 0 : displayId);
  });
  const known = states.filter(({ displayId }) => displayId < 2).length;
  const seen: string[][] = [];
  for (const start of [startOriginal, startOurs]) {
    using folder = temporaryFolder();
    const file = path.join(folder.path, 'port');
    using port = await openPort(file);
    await using guest = await start(folder.path, file, layout);
    await until(() => port.host.heardCount > 0, 'the announcement');
    for (const state of states) port.host.send('mouse-state', state, 'server');
    await until(() => guest.pointerRecords().filter((record) => record === END).length >= known);
    seen.push(guest.pointerRecords());
  }
  assert.deepEqual(seen[1], seen[0]);
  assert.equal(seen[0]?.filter((record) => record === END).length, known);
});

it('gives up a connection with broken frames and comes back, as spice-vdagentd does', { skip }, async () => {
  for (const start of [startOriginal, startOurs]) {
    using folder = temporaryFolder();
    const file = path.join(folder.path, 'port');
    using port = await openPort(file);
    await using guest = await start(folder.path, file);
    await until(() => port.host.heardCount > 0);
    port.sayRaw(Buffer.from('0900000001000000', 'hex'));
    await until(() => port.state.connections === 2);
    port.host.announce(true);
    await until(() => port.host.heardCount > 0);
    assert.deepEqual(guest.told, []);
  }
});
