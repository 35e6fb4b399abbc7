import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { audioServer, audioVolume } from '#protocol/ipc/messages/audio.ts';
import { SESSION_FEATURES } from '#protocol/ipc/messages/hello.ts';
import { FakeSessionAgent } from '#test/fakes/served-session.ts';
import { openDoor } from '#test/support/vdagent-door.ts';

const PLAYED = { stream: 'playback', muted: false, volumes: [65_535, 100] } as const;
const RECORDED = { stream: 'record', muted: true, volumes: [] } as const;
const told = (body: object) => ({ name: 'audio.volume', body });
const set = () => ({ by: 'mixer', why: undefined });
/** Without the one that is told something as soon as it is served. */
const FEATURES = SESSION_FEATURES.filter((one) => one !== 'monitors.follow' && one !== 'clipboard.polled');
const openWithSound = (stage = {}) => openDoor({ ...stage, features: FEATURES });
const silentOne = () => new FakeSessionAgent('c2', ['clipboard.text', 'pointer.put']);

describe('SPICE door: audio', () => {
  it('volumes of both streams are handed to the session, without a word to the client', async () => {
    const { host, heard, session } = await openWithSound();
    session.answer(audioVolume, set);
    host.send('audio-volume-sync', PLAYED);
    host.send('audio-volume-sync', RECORDED);
    assert.deepEqual(await heard(), []);
    assert.deepEqual(session.take(), [told(PLAYED), told(RECORDED)]);
  });

  it('one at a time, of each stream the newest, and what fails is not said again', async () => {
    const { host, heard, session } = await openWithSound();
    const answers: (() => void)[] = [];
    session.answer(audioVolume, () => new Promise((resolve) => answers.push(() => resolve(set()))));
    for (let volume = 0; volume < 100; volume++) host.send('audio-volume-sync', { ...PLAYED, volumes: [volume] });
    host.send('audio-volume-sync', RECORDED);
    await heard();
    assert.deepEqual(session.take(), [told({ ...PLAYED, volumes: [0] })]);
    answers.shift()?.();
    await heard();
    assert.deepEqual(session.take(), [told({ ...PLAYED, volumes: [99] })]);
    session.answer(audioVolume, () => {
      throw new Error('no server');
    });
    answers.shift()?.();
    await heard();
    assert.deepEqual(session.take(), [told(RECORDED)]);
  });

  it('is offered while the served session has a sound server', async () => {
    const { sessionLink, heard, host, agent } = await openWithSound({ greets: false });
    const offers = async () => {
      const [message] = (await heard()) as [[string, { capabilities: Set<string> }]];
      return message?.[1].capabilities.has('audio-volume-sync');
    };
    await heard();
    host.announce(true);
    assert.equal(await offers(), true);
    sessionLink.serve(silentOne());
    assert.equal(await offers(), false);
    sessionLink.serve(agent);
    assert.equal(await offers(), true);
  });

  it('is offered and withdrawn as the server comes and goes within a session, and not at its pace', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { session, heard, host } = await openDoor();
    session.answer(audioVolume, set);
    const offers = async () =>
      ((await heard()) as [string, { capabilities: Set<string> }][]).map(([, { capabilities }]) =>
        capabilities.has('audio-volume-sync'),
      );
    host.send('audio-volume-sync', PLAYED);
    await heard();
    assert.deepEqual(session.take(), []);
    session.say(audioServer, { runs: true });
    assert.deepEqual(await offers(), [true]);
    assert.deepEqual(session.take(), [told(PLAYED)]);
    for (let times = 0; times < 100; times++) for (const runs of [false, true]) session.say(audioServer, { runs });
    session.say(audioServer, { runs: false });
    assert.deepEqual(await offers(), []);
    t.mock.timers.tick(1_000);
    assert.deepEqual(await offers(), [false]);
    t.mock.timers.tick(10_000);
    assert.deepEqual(await offers(), []);
  });

  it('is offered once more to a client that has not said its volumes, which may wait behind it', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { session, heard, host } = await openDoor();
    session.answer(audioVolume, set);
    const offers = async () =>
      ((await heard()) as [string, { capabilities: Set<string>; request: boolean }][]).map(
        ([, { capabilities, request }]) => [capabilities.has('audio-volume-sync'), request],
      );
    const again = async (ms: number) => {
      t.mock.timers.tick(ms);
      return offers();
    };
    session.say(audioServer, { runs: true });
    assert.deepEqual(await offers(), [[true, false]]);
    assert.deepEqual(await again(999), []);
    assert.deepEqual(await again(1), [[true, false]]);
    assert.deepEqual(await again(60_000), []);

    session.say(audioServer, { runs: false });
    assert.deepEqual(await offers(), [[false, false]]);
    assert.deepEqual(await again(60_000), []);
    session.say(audioServer, { runs: true });
    assert.deepEqual(await offers(), [[true, false]]);
    host.send('audio-volume-sync', PLAYED);
    assert.deepEqual(await again(60_000), []);

    host.announce(true);
    await heard();
    for (const runs of [false, true]) {
      session.say(audioServer, { runs });
      assert.deepEqual(await offers(), [[runs, false]]);
      if (!runs) await again(60_000);
    }
    host.send('client-disconnected', {}, 'server');
    assert.deepEqual(await again(60_000), []);
  });

  it('waits for a session that can, is told to one only, and is forgotten with its client', async () => {
    const { sessionLink, host, heard, session, agent } = await openWithSound();
    session.answer(audioVolume, set);
    sessionLink.serve(silentOne());
    host.send('audio-volume-sync', PLAYED);
    sessionLink.serve(agent);
    await heard();
    assert.deepEqual(session.take(), [told(PLAYED)]);
    sessionLink.serve(silentOne());
    sessionLink.serve(agent);
    host.send('client-disconnected', {}, 'server');
    await heard();
    assert.deepEqual(session.take(), []);
    sessionLink.serve(silentOne());
    host.send('audio-volume-sync', PLAYED);
    host.send('client-disconnected', {}, 'server');
    sessionLink.serve(agent);
    await heard();
    assert.deepEqual(session.take(), []);
  });

  it('has no more channels than a sound server, and survives a message that says more than it has', async () => {
    const { host, heard, session, door } = await openWithSound();
    session.answer(audioVolume, set);
    host.send('audio-volume-sync', { ...PLAYED, volumes: Array(255).fill(7) });
    host.sendRaw(15, Buffer.from([1, 0, 9, 1, 0]));
    await heard();
    assert.deepEqual(session.take(), [told({ ...PLAYED, volumes: Array(32).fill(7) })]);
    assert.equal(
      [...door.protocolErrors.values()].reduce((sum, count) => sum + count, 0),
      1,
    );
  });
});
