import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { effectsReduce } from '#protocol/ipc/messages/effects.ts';
import { FakeSessionAgent } from '#test/fakes/served-session.ts';
import { openDoor } from '#test/support/vdagent-door.ts';

const PLAIN = { noWallpaper: true, noFontSmoothing: false, noAnimation: true };
const reduce = (wallpaper: boolean, smoothing: boolean, animation: boolean) => ({
  name: 'effects.reduce',
  body: { wallpaper, smoothing, animation },
});
const reply = (succeeded: boolean) => ['reply', { to: 5, succeeded }];
const done = () => ({ by: 'tool', why: undefined });

describe('SPICE door: effects', () => {
  it('are acknowledged at once, handed to the session, and taken back when the client leaves', async () => {
    const { host, heard, session } = await openDoor();
    session.answer(effectsReduce, done);
    host.send('display-config', PLAIN);
    assert.deepEqual(await heard(), [reply(true)]);
    host.send('client-disconnected', {}, 'server');
    await heard();
    assert.deepEqual(session.take(), [reduce(true, false, true), reduce(false, false, false)]);
  });

  it('are told one at a time, the newest last, and only what is new', async () => {
    const { host, heard, session } = await openDoor();
    let answer: (() => void) | undefined;
    session.answer(effectsReduce, () => new Promise((resolve) => (answer = () => resolve(done()))));
    for (let depth = 0; depth < 100; depth++)
      host.send('display-config', { ...PLAIN, noWallpaper: depth % 2 === 0, depth });
    await heard();
    assert.deepEqual(session.take(), [reduce(true, false, true)]);
    answer?.();
    await heard();
    assert.deepEqual(session.take(), [reduce(false, false, true)]);
  });

  it('are told to a session that comes later, and to none that cannot', async () => {
    const { host, heard, session, sessionLink } = await openDoor();
    sessionLink.serve(new FakeSessionAgent('plain', ['monitors']));
    host.send('display-config', PLAIN);
    await heard();
    assert.deepEqual(session.take(), []);
    const next = new FakeSessionAgent('c3');
    next.link.answer(effectsReduce, done);
    sessionLink.serve(next);
    assert.deepEqual(next.link.take(), [reduce(true, false, true)]);
  });

  it('are neither offered nor changed where the administrator forbids it', async () => {
    const { host, heard, session } = await openDoor({ effects: false });
    host.announce(true);
    const [[, { capabilities }]] = (await heard()) as [[string, { capabilities: Set<string> }]];
    assert.equal(capabilities.has('display-config'), false);
    host.send('display-config', PLAIN);
    assert.deepEqual(await heard(), [reply(false)]);
    assert.deepEqual(session.take(), []);
  });
});
