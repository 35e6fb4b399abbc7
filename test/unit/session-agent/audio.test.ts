import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type AudioVolume, audioServer, audioVolume } from '#protocol/ipc/messages/audio.ts';
import { findMixer } from '#session-agent/audio/mixers.ts';
import { hasSoundServer, LocalSoundServer } from '#session-agent/audio/server.ts';
import { AudioService } from '#session-agent/audio/service.ts';
import { FakeSystemSide } from '#test/support/fake-system-side.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const LOUD: AudioVolume = { stream: 'playback', muted: false, volumes: [65_535, 32_768] };
const MUTE: AudioVolume = { stream: 'record', muted: true, volumes: [65_535] };

/** @param fails lines that end with a status other than 0 */
function mixer(tools: readonly string[], fails = /nothing/) {
  const ran: string[] = [];
  const found = findMixer(
    async (argv) => {
      const line = argv.join(' ');
      ran.push(line);
      return { status: fails.test(line) ? 1 : 0, output: '' };
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
    const service = new AudioService({ server, mixer: { name: 'mixer', set: async () => {} } }, link);
    await service.start();
    server.runs = true;
    server.changed();
    assert.deepEqual(link.seen, [{ name: audioServer.name, body: { runs: true } }]);
    await service.stop();
  });
});

it('volumes are set one after the other, and what fails is said in words the link carries', async () => {
  const link = new FakeSystemSide();
  const done: string[] = [];
  const mixer = {
    name: 'mixer',
    async set({ stream }: AudioVolume) {
      await new Promise(setImmediate);
      done.push(stream);
      if (stream === 'record') throw new Error(`no\nsource ${'x'.repeat(300)}`);
    },
  };
  const server = { runs: true, watch: () => ({ [Symbol.dispose]: () => {} }) };
  const service = new AudioService({ server, mixer }, link);
  await service.start();
  const [first, second] = await Promise.all([link.ask(audioVolume, MUTE), link.ask(audioVolume, LOUD)]);
  assert.deepEqual(done, ['record', 'playback']);
  assert.equal(first.by, undefined);
  assert.match(first.why ?? '', /^no source x{180,190}$/);
  assert.deepEqual(second, { by: 'mixer', why: undefined });
  await service.stop();
});
