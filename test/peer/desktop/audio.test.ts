import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { AudioVolume } from '#protocol/ipc/messages/audio.ts';
import { findMixer } from '#session-agent/audio/mixers.ts';
import { hasSoundServer } from '#session-agent/audio/server.ts';
import { toolRunner } from '#session-agent/effects/tools.ts';
import { findTool } from '#shared/process/tools.ts';
import { Program, temporaryFolder, without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

/** Programs of one session's sound, on folders of their own, and what they must find there. */
interface Server {
  readonly needs: readonly string[];
  readonly programs: readonly [string, ...string[]][];
}

const SERVERS: Readonly<Record<string, Server>> = {
  PulseAudio: {
    needs: ['pulseaudio', 'pactl'],
    programs: [
      [
        'pulseaudio',
        ...['-n', '--daemonize=no', '--exit-idle-time=-1', '--disable-shm=yes', '--use-pid-file=no'],
        ...['-L', 'module-native-protocol-unix auth-anonymous=1'],
        ...['-L', 'module-null-sink sink_name=speakers channels=2 channel_map=front-left,front-right'],
        ...['-L', 'module-null-sink sink_name=room channels=1 channel_map=mono'],
        ...['-L', 'module-remap-source source_name=microphone master=room.monitor'],
      ],
    ],
  },
};

async function startSound({ programs }: Server) {
  const folder = temporaryFolder();
  const home = path.join(folder.path, 'home');
  const runtime = path.join(folder.path, 'run');
  for (const one of [home, runtime]) mkdirSync(one, { mode: 0o700 });
  const nowhere = 'unix:path=/nonexistent';
  const env = {
    ...{ PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: runtime, LC_ALL: 'C' },
    ...{ DBUS_SESSION_BUS_ADDRESS: nowhere, DBUS_SYSTEM_BUS_ADDRESS: nowhere },
  };
  const running = programs.map((argv) => new Program(argv, env));
  const run = toolRunner(env);
  const [first] = running;
  const pactl = findTool('pactl') ?? 'pactl';
  const tell = async (...words: string[]) => {
    const { status, output } = await run([pactl, ...words]);
    assert.equal(status, 0, `pactl ${words.join(' ')}: ${output}; ${first?.stderr}`);
    return output;
  };
  return {
    env,
    run,
    tell,
    first,
    /** Percent of each channel, and whether it is mute. */
    async state(kind: 'sink' | 'source', name: string) {
      const volume = await tell(`get-${kind}-volume`, name);
      const mute = await tell(`get-${kind}-mute`, name);
      return [...[...volume.matchAll(/(\d+)%/g)].map(([, percent]) => Number(percent)), mute.trim()].join(' ');
    },
    async [Symbol.asyncDispose]() {
      for (const one of running) await one[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

for (const [name, server] of Object.entries(SERVERS)) {
  const skip = server.needs.map((program) => without(program)).find((why) => why !== false) ?? false;
  describe(`volumes of ${name}`, { skip }, () => {
    it('follow the client: both channels, what is recorded, silence, and a device with other channels', async () => {
      await using sound = await startSound(server);
      assert.equal(await hasSoundServer({ XDG_RUNTIME_DIR: '/nonexistent' }), false);
      let isThere = false;
      const look = async () => {
        isThere = await hasSoundServer(sound.env);
      };
      await until(() => {
        void look();
        return isThere || sound.first?.running !== true;
      }, 'the server to listen');
      const mixer = findMixer(sound.run);
      const set = (volume: AudioVolume) => mixer?.set(volume);
      await sound.tell('set-default-sink', 'speakers');
      await sound.tell('set-default-source', 'microphone');

      await set({ stream: 'playback', muted: false, volumes: [32_768, 65_535] });
      assert.equal(await sound.state('sink', 'speakers'), '50 100 Mute: no');
      await set({ stream: 'playback', muted: true, volumes: [16_384, 16_384] });
      assert.equal(await sound.state('sink', 'speakers'), '25 25 Mute: yes');
      await set({ stream: 'playback', muted: false, volumes: [] });
      assert.equal(await sound.state('sink', 'speakers'), '25 25 Mute: no');
      await set({ stream: 'playback', muted: false, volumes: [6554, 6554, 6554, 13_107, 0, 0] });
      assert.equal(await sound.state('sink', 'speakers'), '20 20 Mute: no');
      assert.match(await sound.state('sink', 'room'), /^100 Mute: no$/);

      await set({ stream: 'record', muted: true, volumes: [49_151, 49_151] });
      assert.match(await sound.state('source', 'microphone'), /^75( 75)? Mute: yes$/);
      assert.equal(await sound.state('sink', 'speakers'), '20 20 Mute: no');
    });
  });
}
