import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type AudioVolume, audioServer, audioVolume } from '#protocol/ipc/messages/audio.ts';
import { findMixer, type Mixer, type Target } from '#session-agent/audio/mixers.ts';
import { hasSoundServer, LocalSoundServer } from '#session-agent/audio/server.ts';
import { AudioService } from '#session-agent/audio/service.ts';
import { silent } from '#shared/log/log.ts';
import { FakeSystemSide } from '#test/support/fake-system-side.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const LOUD: AudioVolume = { stream: 'playback', muted: false, volumes: [65_535, 32_768] };
const MUTE: AudioVolume = { stream: 'record', muted: true, volumes: [65_535] };

/** @param fails lines that end with a status other than 0 @param output of each */
function mixer(tools: readonly string[], fails = /nothing/, output = '') {
  const ran: string[] = [];
  const found = findMixer(
    async (argv) => {
      const line = argv.join(' ');
      ran.push(line);
      return { status: fails.test(line) ? 1 : 0, output };
    },
    (name) => (tools.includes(name) ? name : undefined),
  );
  return { ran, mixer: found };
}

describe('mixers', () => {
  it('pactl sets each channel, in PulseAudio’s numbers, and lets sound out last', async () => {
    const { ran, mixer: pactl } = mixer(['wpctl', 'pactl']);
    await pactl?.set(LOUD);
    await pactl?.set(MUTE);
    assert.deepEqual(ran, [
      'pactl set-sink-volume @DEFAULT_SINK@ 65536 32769',
      'pactl set-sink-mute @DEFAULT_SINK@ 0',
      'pactl set-source-mute @DEFAULT_SOURCE@ 1',
      'pactl set-source-volume @DEFAULT_SOURCE@ 65536',
    ]);
  });

  it('pactl sets all channels of a device that has others than the client', async () => {
    const { ran, mixer: pactl } = mixer(['pactl'], /65536 32769/);
    await pactl?.set(LOUD);
    assert.equal(ran[1], 'pactl set-sink-volume @DEFAULT_SINK@ 65536');
  });

  it('wpctl sets one volume', async () => {
    const { ran, mixer: wpctl } = mixer(['wpctl']);
    await wpctl?.set(LOUD);
    assert.deepEqual(ran, ['wpctl set-volume @DEFAULT_AUDIO_SINK@ 1.0000', 'wpctl set-mute @DEFAULT_AUDIO_SINK@ 0']);
  });

  it('a client that says no volume is only silent or not', async () => {
    const { ran, mixer: pactl } = mixer(['pactl']);
    await pactl?.set({ ...MUTE, volumes: [] });
    assert.deepEqual(ran, ['pactl set-source-mute @DEFAULT_SOURCE@ 1']);
  });

  for (const [sink, source, playback, record] of [
    ['alsa_output.pci-0000_00_05.0.analog-stereo', 'alsa_input.pci-0000_00_05.0.analog-stereo', 'device', 'device'],
    ['speakers', 'speakers.monitor', 'device', undefined],
    ['auto_null', 'auto_null.monitor', 'stand-in', undefined],
    ['auto_null.2', 'microphone', 'stand-in', 'device'],
    ['auto_nullified', 'monitor', 'device', 'device'],
    ['(null)', '(null)', undefined, undefined],
    ['@DEFAULT_SINK@', '@DEFAULT_SOURCE@', undefined, undefined],
    ['', '', undefined, undefined],
  ] as const) {
    it(`pactl sets ${playback ?? 'nothing'} at '${sink}', and ${record ?? 'nothing'} at '${source}'`, async () => {
      const info = `User Name: Default Sink: no\nDefault Sink: ${sink}\nDefault Source: ${source}\nCookie: 1`;
      const { mixer: pactl } = mixer(['pactl'], /nothing/, info);
      assert.deepEqual([await pactl?.target('playback'), await pactl?.target('record')], [playback, record]);
    });
  }

  for (const [kind, name, playback, record] of [
    ['Audio/Sink', 'speakers', 'device', undefined],
    ['Audio/Source', 'microphone', undefined, 'device'],
    ['Audio/Source/Virtual', 'microphone', undefined, 'device'],
    ['Audio/Duplex', 'headset', 'device', 'device'],
    ['Audio/Sink', 'auto_null', 'stand-in', undefined],
  ] as const) {
    it(`wpctl plays on ${playback ?? 'nothing'} and records from ${record ?? 'nothing'} at the ${kind} ${name}`, async () => {
      const inspected = `id 32, type Node\n    media.class = "${kind}"\n  * node.name = "${name}"\n    x = "y"`;
      const { mixer: wpctl, ran } = mixer(['wpctl'], /nothing/, inspected);
      assert.deepEqual([await wpctl?.target('playback'), await wpctl?.target('record')], [playback, record]);
      assert.deepEqual(ran, ['wpctl inspect @DEFAULT_AUDIO_SINK@', 'wpctl inspect @DEFAULT_AUDIO_SOURCE@']);
    });
  }

  it('set nothing where their program fails', async () => {
    for (const tool of ['pactl', 'wpctl']) {
      const { mixer: one } = mixer([tool], /^/, 'Default Sink: speakers\nmedia.class = "Audio/Sink"\nnode.name = "x"');
      assert.equal(await one?.target('playback'), undefined);
    }
  });

  it('are not there where none is installed', () => {
    assert.equal(mixer([]).mixer, undefined);
  });
});

describe('sound server', () => {
  for (const name of ['pulse/native', 'pipewire-0']) {
    it(`is there when somebody listens at ${name}`, async () => {
      using folder = temporaryFolder();
      const env = { XDG_RUNTIME_DIR: folder.path };
      assert.equal(await hasSoundServer(env), false);
      const socket = path.join(folder.path, name);
      mkdirSync(path.dirname(socket), { recursive: true });
      const server = createServer().listen(socket);
      await once(server, 'listening');
      assert.equal(await hasSoundServer(env), true);
      assert.equal(await hasSoundServer({ ...env, PULSE_SERVER: 'tcp:elsewhere' }), false);
      assert.equal(await hasSoundServer({ PULSE_SERVER: `unix:${socket}` }), true);
      server.close();
    });
  }

  it('is not there without a place to look for it', async () => {
    assert.equal(await hasSoundServer({}), false);
    assert.equal(await hasSoundServer({ XDG_RUNTIME_DIR: 'relative' }), false);
  });
});

describe('a sound server that comes and goes', () => {
  for (const name of ['pulse/native', 'pipewire-0']) {
    it(`is seen at ${name}, also when its folder is another by then`, async () => {
      using folder = temporaryFolder();
      const socket = path.join(folder.path, name);
      const sound = await LocalSoundServer.find({ XDG_RUNTIME_DIR: folder.path });
      const heard: boolean[] = [];
      using _watch = sound.watch(() => heard.push(sound.runs));
      for (let round = 1; round <= 2; round++) {
        mkdirSync(path.dirname(socket), { recursive: true });
        const server = createServer().listen(socket);
        await until(() => heard.length === round * 2 - 1, 'the server to be seen');
        server.close(); // takes the socket's file along
        await until(() => heard.length === round * 2, 'its end to be seen');
        if (path.dirname(socket) !== folder.path) rmSync(path.dirname(socket), { recursive: true });
      }
      assert.deepEqual(heard, [true, false, true, false]);
    });
  }

  it('is seen when it comes between the first look and the watch, and not after the watch', async () => {
    using folder = temporaryFolder();
    const sound = await LocalSoundServer.find({ XDG_RUNTIME_DIR: folder.path });
    const server = createServer().listen(path.join(folder.path, 'pipewire-0'));
    await once(server, 'listening');
    let heard = 0;
    const watch = sound.watch(() => heard++);
    await until(() => heard === 1, 'the server to be seen');
    server.close();
    await once(server, 'close');
    watch[Symbol.dispose]();
    await new Promise((resolve) => setTimeout(resolve, 600)); // longer than it waits before it looks
    assert.deepEqual([heard, sound.runs], [1, true]);
  });

  it('is told to the system agent', async () => {
    const link = new FakeSystemSide();
    const server = {
      runs: false,
      changed: () => {},
      watch(changed: () => void) {
        server.changed = changed;
        return { [Symbol.dispose]: () => {} };
      },
    };
    const service = new AudioService({ server, mixer: new FakeMixer() }, link, silent);
    await service.start();
    server.runs = true;
    server.changed();
    assert.deepEqual(link.seen, [{ name: audioServer.name, body: { runs: true } }]);
    await service.stop();
  });
});

/** Volumes that it was to set, and what became of them. */
class FakeMixer implements Mixer {
  readonly name = 'mixer';
  readonly asked: AudioVolume[] = [];
  looks = 0;
  device: Target = 'device';
  why: string | undefined;

  async target(): Promise<Target> {
    this.looks++;
    return this.device;
  }

  async set(volume: AudioVolume): Promise<void> {
    await Promise.resolve();
    this.asked.push(volume);
    if (this.why !== undefined) throw new Error(this.why);
  }
}

/** A session with sound, whose clock the test has. */
async function withSound(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const [link, mixer] = [new FakeSystemSide(), new FakeMixer()];
  const server = { runs: true, watch: () => ({ [Symbol.dispose]: () => {} }) };
  const service = new AudioService({ server, mixer }, link, silent);
  await service.start();
  t.after(() => service.stop());
  return {
    ...{ mixer, server, service },
    ask: (volume: AudioVolume) => link.ask(audioVolume, volume),
    /** Lets a time pass, and what was due be done. */
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 500) {
        t.mock.timers.tick(500);
        await new Promise(setImmediate);
      }
    },
  };
}

const SET = { by: 'mixer', why: undefined };
const MINUTE = 60_500;

describe('volumes', () => {
  it('are set one after the other, and what fails is said in words the link carries', async (t) => {
    const { ask, mixer } = await withSound(t);
    mixer.why = `no\nsource ${'x'.repeat(300)}`;
    const failing = ask(MUTE);
    const setting = ask(LOUD);
    const first = await failing;
    mixer.why = undefined;
    assert.equal(first.by, undefined);
    assert.match(first.why ?? '', /^no source x{180,190}$/);
    assert.deepEqual(await setting, SET);
    assert.deepEqual(mixer.asked, [MUTE, LOUD]);
  });

  it('that a device has are not set again', async (t) => {
    const { ask, mixer, pass } = await withSound(t);
    assert.deepEqual(await ask(LOUD), SET);
    await pass(MINUTE);
    assert.deepEqual([mixer.looks, mixer.asked], [1, [LOUD]]);
  });

  it('are set when a device comes, and once, where a sink that nobody hears took them before', async (t) => {
    const { ask, mixer, pass } = await withSound(t);
    mixer.device = 'stand-in';
    assert.deepEqual(await ask(LOUD), SET);
    await pass(10_000);
    assert.deepEqual(mixer.asked, [LOUD]);
    mixer.device = 'device';
    await pass(MINUTE);
    assert.deepEqual(mixer.asked, [LOUD, LOUD]);
  });

  it('are set when a device comes where there was none, and when it takes them', async (t) => {
    const { ask, mixer, pass } = await withSound(t);
    mixer.device = undefined;
    assert.deepEqual(await ask(LOUD), { by: undefined, why: 'there is no device for it' });
    await pass(1_500);
    assert.deepEqual(mixer.asked, []);
    mixer.device = 'device';
    mixer.why = 'not now';
    await pass(2_000);
    assert.deepEqual(mixer.asked, [LOUD]);
    mixer.why = undefined;
    await pass(MINUTE);
    assert.deepEqual(mixer.asked, [LOUD, LOUD]);
  });

  it('are given up after a minute', async (t) => {
    const { ask, mixer, pass } = await withSound(t);
    mixer.device = 'stand-in';
    await ask(LOUD);
    await pass(MINUTE);
    assert.equal(mixer.looks, 8);
    mixer.device = 'device';
    await pass(MINUTE);
    assert.deepEqual([mixer.looks, mixer.asked], [8, [LOUD]]);
  });

  it('that are newer take the place of those of the same stream that wait for a device', async (t) => {
    const { ask, mixer, pass } = await withSound(t);
    mixer.device = 'stand-in';
    await ask(LOUD);
    await ask(MUTE);
    await pass(2_000);
    const newer = { ...LOUD, muted: true };
    await ask(newer);
    mixer.asked.length = 0;
    mixer.device = 'device';
    await pass(MINUTE);
    assert.deepEqual(mixer.asked, [newer, MUTE]);
  });

  it('that wait for a device start no server, and wait for the next one', async (t) => {
    const { ask, mixer, server, pass } = await withSound(t);
    mixer.device = 'stand-in';
    await ask(LOUD);
    server.runs = false;
    await pass(10_000);
    assert.deepEqual([mixer.looks, mixer.asked], [1, [LOUD]]);
    server.runs = true;
    mixer.device = 'device';
    await pass(MINUTE);
    assert.deepEqual(mixer.asked, [LOUD, LOUD]);
  });

  it('are not waited with when the agent ends, also in the middle of a look', async (t) => {
    const { ask, mixer, service, pass } = await withSound(t);
    mixer.device = 'stand-in';
    await ask(LOUD);
    const asking = ask(MUTE);
    await service.stop();
    await asking;
    mixer.device = 'device';
    await pass(MINUTE);
    assert.equal(mixer.asked.length, 2);
  });
});
