import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type MonitorsTerms,
  monitorsConfigure,
  monitorsTerms,
  pointerLayout,
} from '#protocol/ipc/messages/monitors.ts';
import { encodeMessage } from '#protocol/vdagent/message.ts';
import { FakeSessionAgent } from '#test/fakes/served-session.ts';
import { splits } from '#test/support/splits.ts';
import { openDoor } from '#test/support/vdagent-door.ts';

const OFFERED = new Set([
  'mouse-state',
  'monitors-config',
  'reply',
  'display-config',
  'clipboard-by-demand',
  'clipboard-selection',
  'sparse-monitors-config',
  'graphics-device-info',
  'guest-lineend-lf',
  'max-clipboard',
  'file-xfer-detailed-errors',
  'clipboard-no-release-on-regrab',
  'clipboard-grab-serial',
]);
const hello = (request: boolean) => ['announce-capabilities', { request, capabilities: OFFERED }];
const monitor = (width: number, height: number, x = 0, y = 0) => ({ width, height, x, y, depth: 32 });
/** A body as it comes out of a frame. */
const asMaps = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asMaps);
  if (typeof value !== 'object' || value === null) return value;
  return new Map(Object.entries(value).map(([name, member]) => [name, asMaps(member)]));
};
const MOUSE = { x: 5, y: 6, buttons: 0, displayId: 0 };

describe('SPICE door: capabilities', () => {
  it('announces itself to each host that connects, and asks', async () => {
    const { channel, host, heard } = await openDoor({ greets: false });
    assert.deepEqual(await heard(), [hello(true)]);
    channel.disconnect();
    host.reset();
    channel.connect();
    assert.deepEqual(await heard(), [hello(true)]);
  });

  it('says bit by bit what the golden bytes of its announcement are', async () => {
    const { channel } = await openDoor({ greets: false });
    const bytes = Buffer.from(channel.drain(), 'latin1').toString('hex');
    // Bits 0, 1, 2, 4, 5, 6, 7, 8, 10, 14, 15, 16 and 17.
    assert.equal(bytes, '010000001c0000000100000006000000000000000000000008000000' + '01000000' + 'f7c50300');
  });

  it('answers an announcement that asks, and no other', async () => {
    const { host, heard } = await openDoor({ greets: false });
    await heard();
    host.announce(true);
    host.announce(false);
    assert.deepEqual(await heard(), [hello(false)]);
  });

  it('announces no pointer where there is none', async () => {
    const { channel, pointer, host, heard, sessionLink } = await openDoor({ greets: false });
    pointer.isAvailable = false;
    sessionLink.serve(new FakeSessionAgent('c2', ['pointer.layout']));
    channel.disconnect();
    host.reset();
    channel.connect();
    const without = new Set([...OFFERED].filter((name) => name !== 'mouse-state'));
    assert.deepEqual((await heard()).at(-1), ['announce-capabilities', { request: true, capabilities: without }]);
  });
});

describe('SPICE door: pointer', () => {
  it('passes every state on, from either port, with the buttons in our words', async () => {
    const { host, pointer } = await openDoor();
    host.send('mouse-state', { ...MOUSE, buttons: 2 | 4 | 8 | 16 }, 'server');
    host.send('mouse-state', { ...MOUSE, buttons: 1 | 32 | 64 | 128, displayId: 3 }, 'client');
    assert.deepEqual(pointer.states, [
      { display: 0, x: 5, y: 6, pressed: new Set(['left', 'middle', 'right', 'wheel-up']) },
      { display: 3, x: 5, y: 6, pressed: new Set(['wheel-down', 'side', 'extra']) },
    ]);
  });

  it('works before any client has announced itself and while nobody is logged in', async () => {
    const { host, pointer, sessionLink } = await openDoor({ greets: false });
    sessionLink.serve(undefined);
    host.send('mouse-state', MOUSE, 'server');
    assert.equal(pointer.states.length, 1);
  });

  it('takes the layout from the served session only', async () => {
    const { pointer, session, sessionLink } = await openDoor();
    const layout = { width: 8, height: 6, displays: [{ id: 0, x: 0, y: 0, width: 8, height: 6 }] };
    assert.equal(session.say(pointerLayout, layout), true);
    assert.equal(pointer.layout, layout);
    sessionLink.serve(new FakeSessionAgent('c2'));
    assert.equal(session.say(pointerLayout, { ...layout, width: 9 }), false);
    assert.equal(pointer.layout, layout);
  });

  it('lets the buttons go when the client goes, and when the host does', async () => {
    const { channel, host, pointer } = await openDoor();
    pointer.releases = 0;
    host.send('client-disconnected', {}, 'server');
    assert.equal(pointer.releases, 1);
    channel.disconnect();
    assert.equal(pointer.releases, 2);
  });
});

describe('SPICE door: monitors', () => {
  const ok = ['reply', { to: 2, succeeded: true }];

  it('acknowledges at once, on the port of the question, and hands the wish to the session', async () => {
    const { host, session, heard } = await openDoor();
    session.answer(monitorsConfigure, () => new Promise(() => {}));
    host.send('monitors-config', {
      hasPositions: true,
      monitors: [monitor(800, 600), monitor(0, 0), monitor(640, 480, -640)],
    });
    assert.deepEqual(await heard(), [ok]);
    assert.deepEqual(session.take(), [
      {
        name: 'monitors.configure',
        body: {
          positioned: true,
          monitors: [
            { width: 800, height: 600, x: 0, y: 0 },
            { width: 0, height: 0, x: 0, y: 0 },
            { width: 640, height: 480, x: -640, y: 0 },
          ],
        },
      },
    ]);
  });

  it('answers on the port that was used', async () => {
    const { channel, host } = await openDoor();
    host.send('monitors-config', { hasPositions: false, monitors: [monitor(800, 600)] }, 'server');
    assert.equal(Buffer.from(channel.drain(), 'latin1').readUInt32LE(0), 2);
  });

  it('takes sizes in millimetres and bytes behind them', async () => {
    const { host, session, heard } = await openDoor();
    const body = Buffer.alloc(8 + 20 + 4 + 3);
    for (const [at, value] of [
      [0, 1],
      [4, 2],
      [8, 600],
      [12, 800],
      [16, 32],
    ] as const)
      body.writeUInt32LE(value, at);
    host.sendRaw(2, body);
    assert.deepEqual(await heard(), [ok]);
    assert.equal(session.take().length, 1);
  });

  it('sends one at a time, and only the newest of a burst', async () => {
    const { host, session, heard } = await openDoor();
    const finishers: (() => void)[] = [];
    session.answer(
      monitorsConfigure,
      () => new Promise((resolve) => finishers.push(() => resolve({ applied: true, why: undefined }))),
    );
    for (let width = 100; width < 200; width++) {
      host.send('monitors-config', { hasPositions: false, monitors: [monitor(width, 100)] });
    }
    assert.equal((await heard()).length, 100);
    const widths = () =>
      session.take().map(({ body }) => (body as { monitors: { width: number }[] }).monitors[0]?.width);
    assert.deepEqual(widths(), [100]);
    finishers.shift()?.();
    await heard();
    assert.deepEqual(widths(), [199]);
    finishers.shift()?.();
    await heard();
    assert.deepEqual(widths(), []);
  });

  it('stores the wish for a session that comes later, locked or not, also after the client has gone', async () => {
    const { host, session, sessionLink, heard } = await openDoor();
    sessionLink.serve(undefined);
    host.send('monitors-config', { hasPositions: false, monitors: [monitor(800, 600)] });
    assert.deepEqual(await heard(), [ok]);
    host.send('client-disconnected', {}, 'server');
    assert.deepEqual(session.take(), []);
    const later = new FakeSessionAgent('c2');
    sessionLink.serve(later, { isLocked: true });
    assert.equal(later.link.take()[0]?.name, 'monitors.configure');
    sessionLink.serve(later);
    await heard();
    assert.deepEqual(
      later.link.take().filter(({ name }) => name === 'monitors.configure'),
      [],
      'a change of rights is no other session',
    );
  });

  it('does not wish what one session was slow to apply from the next one twice', async () => {
    const { host, session, sessionLink, heard } = await openDoor();
    let finish = () => {};
    session.answer(
      monitorsConfigure,
      () => new Promise((resolve) => (finish = () => resolve({ applied: true, why: undefined }))),
    );
    host.send('monitors-config', { hasPositions: false, monitors: [monitor(800, 600)] });
    const next = new FakeSessionAgent('c2');
    next.link.answer(monitorsConfigure, () => ({ applied: false, why: 'no' }));
    sessionLink.serve(next);
    finish();
    await heard();
    assert.equal(next.link.take().filter(({ name }) => name === 'monitors.configure').length, 1);
  });

  it('is no wish when everything is switched off, or the session has no monitors', async () => {
    const { host, session, sessionLink, heard } = await openDoor();
    host.send('monitors-config', { hasPositions: false, monitors: [monitor(0, 600)] });
    host.send('monitors-config', { hasPositions: false, monitors: [] });
    assert.deepEqual(await heard(), [ok, ok]);
    const poor = new FakeSessionAgent('c2', ['clipboard.text']);
    sessionLink.serve(poor);
    host.send('monitors-config', { hasPositions: false, monitors: [monitor(1, 1)] });
    assert.deepEqual([...session.take(), ...poor.link.take()], []);
  });

  it('tells each session before its wish which device is which display, as far as it can be one', async () => {
    const { host, sessionLink, heard } = await openDoor();
    const device = (channelId: number, address: string, deviceDisplayId = 0, monitorId = 0) => ({
      ...{ channelId, monitorId, deviceDisplayId, address },
    });
    const devices = [
      device(0, 'pci/0000/02.0'),
      device(0, 'pci/0000/1e.1/03.0', 1, 7),
      device(0xffff_ffff, 'pci/0000/02.0', 0, 1),
      device(2, 'pci/0000/02.0', 256),
      device(3, 'mdev'),
    ];
    host.send('graphics-device-info', { devices }, 'server');
    host.send('monitors-config', { hasPositions: false, monitors: [monitor(800, 600)] });
    host.send('client-disconnected', {}, 'server');
    await heard();
    const later = new FakeSessionAgent('c2', ['monitors', 'monitors.follow']);
    later.link.answer(monitorsTerms, () => ({ why: undefined }));
    sessionLink.serve(later);
    await heard();
    const [terms, wish] = later.link.take();
    assert.deepEqual(terms, {
      name: 'monitors.terms',
      body: {
        follow: 'auto',
        displays: [
          { id: 0, domain: 0, path: [{ slot: 2, function: 0 }], output: 0 },
          {
            id: 7,
            domain: 0,
            path: [
              { slot: 0x1e, function: 1 },
              { slot: 3, function: 0 },
            ],
            output: 1,
          },
        ],
      },
    });
    assert.equal(wish?.name, 'monitors.configure');
  });

  it('tells what the host knows of devices when it changes, and forgets it with the host', async () => {
    const { host, channel, sessionLink, heard } = await openDoor();
    const agent = new FakeSessionAgent('c2', ['monitors', 'monitors.follow']);
    agent.link.answer(monitorsTerms, () => ({ why: undefined }));
    sessionLink.serve(agent);
    const device = { channelId: 1, monitorId: 0, deviceDisplayId: 0, address: 'pci/0000/02.0' };
    host.send('graphics-device-info', { devices: [device] }, 'server');
    await heard();
    channel.disconnect();
    await new Promise((resolve) => setImmediate(resolve));
    const told = agent.link.take().map(({ body }) => (body as MonitorsTerms).displays.map(({ id }) => id));
    assert.deepEqual(told, [[], [1], []]);
  });

  it('ignores device lists whose lengths are not true, and goes on', async () => {
    const { host, heard, door } = await openDoor();
    const list = (count: number, length: number, rest: Uint8Array) => {
      const body = Buffer.alloc(20);
      body.writeUInt32LE(count, 0);
      body.writeUInt32LE(length, 16);
      return Buffer.concat([Uint8Array.from(body), rest]);
    };
    const nul = Buffer.from('pci/0000/02.0\0');
    const wrong = [
      list(1, 0, nul),
      list(1, 0xffff_ffff, nul),
      list(1, nul.length + 1, nul),
      list(1, 5, nul),
      list(2, nul.length, nul),
      list(0xffff_ffff, nul.length, nul),
      Buffer.alloc(3),
    ];
    for (const body of wrong) host.sendRaw(16, body, 'server');
    host.sendRaw(16, list(1, nul.length, nul)); // a client is no host
    assert.deepEqual(await heard(), []);
    const { protocolErrors } = door;
    assert.equal(
      [...protocolErrors.values()].reduce((sum, count) => sum + count),
      wrong.length + 1,
    );
  });

  it('says in the status why a wish could not be had, until one can', async () => {
    const { host, session, door, heard } = await openDoor();
    let why: string | undefined = '1 of 2 monitors: there is no place for more';
    session.answer(monitorsConfigure, () => ({ applied: true, why }));
    const wish = () => host.send('monitors-config', { hasPositions: false, monitors: [monitor(800, 600)] });
    wish();
    await heard();
    assert.deepEqual(door.describe().details, [
      { name: 'monitors', text: `monitors are not as the client wants them: ${why}` },
    ]);
    why = undefined;
    wish();
    await heard();
    assert.deepEqual(door.describe().details, []);
  });

  it('keeps numbers within what the link carries', async () => {
    const { host, session } = await openDoor();
    const monitors = Array.from({ length: 100 }, () => monitor(0xffff_ffff, 0xffff_ffff, -0x8000_0000, 0x7fff_ffff));
    host.send('monitors-config', { hasPositions: true, monitors });
    const [{ body } = { body: {} }] = session.take();
    const list = monitorsConfigure.body.read(asMaps(body), '').monitors;
    assert.equal(list.length, 64);
  });
});

describe('SPICE door: what is not offered', () => {
  it('refuses files at their start and is silent about the rest', async () => {
    const { host, heard } = await openDoor({ files: { folder: 'off', whenDone: 'nothing' } });
    host.send('file-transfer-start', { id: 7, description: Buffer.from('[vdagent-file-xfer]\nname=a\nsize=1\n') });
    host.send('file-transfer-data', { id: 7, data: Buffer.from('x') });
    host.send('file-transfer-status', { id: 7, result: 'cancelled' });
    assert.deepEqual(await heard(), [['file-transfer-status', { id: 7, result: 'disabled' }]]);
  });

  it('says a plain error to a client that knows no details', async () => {
    const { host, heard } = await openDoor({ capabilities: ['clipboard-by-demand'] });
    host.send('file-transfer-start', { id: 0xffff_ffff, description: Buffer.alloc(0) });
    assert.deepEqual(await heard(), [['file-transfer-status', { id: 0xffff_ffff, result: 'error' }]]);
  });

  it('has no use for volumes where the session has no sound server', async () => {
    const { host, heard, door } = await openDoor();
    host.sendRaw(15, Buffer.from([1, 0, 0]));
    assert.deepEqual(await heard(), []);
    assert.equal(door.protocolErrors.size, 0);
  });
});

describe('SPICE door: errors', () => {
  it('counts what is wrong in itself, and goes on', async () => {
    const { host, heard, door, channel } = await openDoor();
    host.sendRaw(99, Buffer.alloc(3));
    host.sendRaw(0, Buffer.alloc(0));
    host.sendRaw(3, Buffer.alloc(8)); // a guest's message
    host.sendRaw(1, Buffer.alloc(12)); // one byte short
    host.sendRaw(13, Buffer.alloc(0), 'client'); // a viewer cannot say that
    host.sendRaw(7, Buffer.from('0300000000000000', 'hex')); // unknown selection
    host.sendRaw(2, Buffer.alloc(2 * 1024 * 1024)); // beyond any sense
    host.send('monitors-config', { hasPositions: false, monitors: [monitor(1, 1)] });
    assert.equal((await heard()).length, 1);
    assert.equal(channel.resets, 0);
    assert.deepEqual(Object.fromEntries(door.protocolErrors), {
      'unknown-type': 2,
      'wrong-direction': 1,
      'wrong-size': 1,
      'wrong-port': 1,
      malformed: 1,
      'too-large': 1,
    });
  });

  const BROKEN = {
    'an unknown port': '0300000001000000',
    'a chunk beyond the limit': '0100000001080000',
    'a chunk that runs past the end of its message':
      '0100000016000000' + '01000000630000000000000000000000' + '00000000' + 'ffff',
  };
  for (const [what, hex] of Object.entries(BROKEN)) {
    it(`gives the connection up after ${what}, and serves the next as new`, async () => {
      const { channel, host, heard, session } = await openDoor();
      host.send('clipboard-grab', { selection: 'clipboard', serial: 0, types: ['text'] });
      session.take();
      channel.say(Buffer.from(hex, 'hex'));
      assert.equal(channel.resets, 1);
      assert.deepEqual(session.take(), [{ name: 'clipboard.release', body: { selection: 'clipboard' } }]);
      channel.drain();
      host.reset();
      channel.connect();
      assert.deepEqual(await heard(), [hello(true)]);
    });
  }

  it('understands a dialogue however its bytes are cut', async () => {
    const bytes: Uint8Array[] = [];
    const recorder = await openDoor({ greets: false });
    recorder.channel.say = (part) => void bytes.push(Buffer.from(part as string));
    recorder.host.announce(true);
    recorder.host.send('mouse-state', MOUSE, 'server');
    recorder.host.send('monitors-config', { hasPositions: false, monitors: [monitor(800, 600)] });
    recorder.host.send('clipboard-grab', { selection: 'primary', serial: 0, types: ['png', 'text'] });
    const dialogue = Buffer.concat(bytes);
    for (const parts of splits(dialogue)) {
      const { channel, pointer, session, heard } = await openDoor({ greets: false });
      for (const part of parts) channel.say(part);
      assert.deepEqual((await heard()).slice(1), [hello(false), ['reply', { to: 2, succeeded: true }]]);
      assert.equal(pointer.states.length, 1);
      assert.deepEqual(
        session.take().map(({ name }) => name),
        ['monitors.configure', 'clipboard.grab'],
      );
    }
  });

  it('forgets half a message of a client that has gone, and none of the server', async () => {
    const { channel, host, pointer } = await openDoor();
    const grab = encodeMessage('client', 7, Buffer.alloc(12));
    channel.say(Buffer.concat([Buffer.from('0100000014000000', 'hex'), grab.subarray(8, 28)]));
    host.send('client-disconnected', {}, 'server');
    host.announce(true);
    host.send('mouse-state', MOUSE, 'server');
    assert.equal(pointer.states.length, 1);
    assert.equal(channel.resets, 0);
  });

  it('stops reading a host that asks and asks and takes no answer, until it does', async () => {
    const { channel, host, heard } = await openDoor({ highWater: 1000 });
    let asked = 0;
    while (!channel.paused) {
      host.send('file-transfer-start', { id: asked++, description: Buffer.alloc(0) });
      assert.ok(asked < 10_000);
    }
    let answered = 0;
    while (answered < asked) {
      const count = (await heard()).length;
      assert.ok(count > 0, `${answered} of ${asked}`);
      answered += count;
    }
    assert.equal(channel.paused, false);
  });

  it('hangs up on a host that has stopped sending', async () => {
    const { channel } = await openDoor();
    channel.end();
    assert.equal(channel.hungUp, true);
  });

  it('leaves nothing behind when it stops', async () => {
    const { channel, door, session, sessionLink } = await openDoor();
    await door.stop();
    assert.equal(channel.state, 'closed');
    assert.equal(session.say(pointerLayout, { width: 1, height: 1, displays: [] }), false);
    sessionLink.serve(new FakeSessionAgent('c2'));
  });
});
