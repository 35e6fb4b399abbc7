import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AudioVolume, audioVolume } from '#protocol/ipc/messages/audio.ts';
import { findMixer } from '#session-agent/audio/mixers.ts';
import { LocalSoundServer } from '#session-agent/audio/server.ts';
import { AudioService } from '#session-agent/audio/service.ts';
import { toolRunner } from '#session-agent/effects/tools.ts';
import { silent } from '#shared/log/log.ts';
import { findTool } from '#shared/process/tools.ts';
import { FakeSystemSide } from '#test/support/fake-system-side.ts';
import { Program, temporaryFolder, without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

/** Programs of one session's sound, on folders of their own, and what sets its volumes. */
interface Server {
  readonly needs: readonly string[];
  /** In their order, each with the socket that it makes in the runtime folder for those behind it. */
  readonly programs: readonly { readonly argv: readonly [string, ...string[]]; readonly socket?: string }[];
  readonly mixer: 'pactl' | 'wpctl';
  /** The mixer knows each channel by itself. */
  readonly hasChannels: boolean;
}

const PULSE_SOCKET = 'pulse/native';
/** WirePlumber ends where there is no bus; it asks nobody anything there. */
const BUS_SOCKET = 'bus';

const PIPEWIRE = {
  needs: ['pipewire', 'wireplumber', 'pipewire-pulse', 'wpctl', 'pactl', 'dbus-daemon'],
  programs: [
    { argv: ['dbus-daemon', '--session', '--nofork'], socket: BUS_SOCKET },
    { argv: ['pipewire'], socket: 'pipewire-0' },
    { argv: ['wireplumber'] },
    { argv: ['pipewire-pulse'], socket: PULSE_SOCKET },
  ],
} satisfies Partial<Server>;

const SERVERS: Readonly<Record<string, Server>> = {
  PulseAudio: {
    needs: ['pulseaudio', 'pactl'],
    programs: [
      {
        argv: [
          'pulseaudio',
          ...['-n', '--daemonize=no', '--exit-idle-time=-1', '--disable-shm=yes', '--use-pid-file=no'],
          ...['-L', 'module-native-protocol-unix auth-anonymous=1'],
        ],
        socket: PULSE_SOCKET,
      },
    ],
    mixer: 'pactl',
    hasChannels: true,
  },
  'PipeWire by pactl': { ...PIPEWIRE, mixer: 'pactl', hasChannels: true },
  'PipeWire by wpctl': { ...PIPEWIRE, mixer: 'wpctl', hasChannels: false },
};

/** Devices that are nobody's: two that play, of which one has a channel only, and one that records. */
const SPEAKERS = ['module-null-sink', 'sink_name=speakers', 'channels=2', 'channel_map=front-left,front-right'];
const ROOM = ['module-null-sink', 'sink_name=room', 'channels=1', 'channel_map=mono'];
const MICROPHONE = ['module-remap-source', 'source_name=microphone', 'master=speakers.monitor'];

const WISHES = {
  playback: { muted: false, volumes: [16_384, 16_384] },
  record: { muted: true, volumes: [49_151, 49_151] },
} as const;

const LOOKS = 200;
/** Longer than from the first look for a device to the second. */
const LOOK_MS = 3_000;

async function startSound({ programs }: Server) {
  const folder = temporaryFolder();
  const home = path.join(folder.path, 'home');
  const runtime = path.join(folder.path, 'run');
  for (const one of [home, runtime]) mkdirSync(one, { mode: 0o700 });
  const bus = `unix:path=${path.join(runtime, BUS_SOCKET)}`;
  const env = {
    ...{ PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: runtime, LC_ALL: 'C' },
    ...{ DBUS_SESSION_BUS_ADDRESS: bus, DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nonexistent' },
  };
  const running: Program[] = [];
  const run = toolRunner(env);
  const pactl = findTool('pactl') ?? 'pactl';
  const tell = async (...words: string[]) => {
    const { status, output } = await run([pactl, ...words]);
    assert.equal(status, 0, `pactl ${words.join(' ')}: ${output}; ${running.map(({ stderr }) => stderr).join()}`);
    return output;
  };
  return {
    env,
    run,
    tell,
    async start() {
      for (const { argv, socket } of programs) {
        const [name, ...rest] = argv;
        const program = new Program(name === 'dbus-daemon' ? [name, ...rest, `--address=${bus}`] : argv, env);
        running.push(program);
        if (socket !== undefined) await program.socket(path.join(runtime, socket));
      }
    },
    async plugIn(devices: readonly (readonly string[])[]) {
      for (const device of devices) await tell('load-module', ...device);
    },
    /** PipeWire takes its time over it. */
    async makeDefault(kind: 'sink' | 'source', name: string) {
      await tell(`set-default-${kind}`, name);
      for (let look = 0; look < LOOKS && (await tell(`get-default-${kind}`)) !== name; look++) await sleep(50);
      assert.equal(await tell(`get-default-${kind}`), name);
    },
    /** Percent of each channel, and whether it is mute. */
    async state(kind: 'sink' | 'source', name: string) {
      const volume = await tell(`get-${kind}-volume`, name);
      const mute = await tell(`get-${kind}-mute`, name);
      return [...[...volume.matchAll(/(\d+)%/g)].map(([, percent]) => Number(percent)), mute.trim()].join(' ');
    },
    async becomes(kind: 'sink' | 'source', name: string, wanted: RegExp) {
      for (let look = 0; look < LOOKS && !wanted.test(await this.state(kind, name)); look++) await sleep(100);
      assert.match(await this.state(kind, name), wanted);
    },
    async [Symbol.asyncDispose]() {
      for (const one of running.reverse()) await one[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

for (const [name, kind] of Object.entries(SERVERS)) {
  const skip = kind.needs.map((program) => without(program)).find((why) => why !== false) ?? false;
  describe(`volumes of ${name}`, { skip }, () => {
    it('follow the client, once the server is there: both channels, what is recorded, silence, and a device with other channels', async () => {
      await using sound = await startSound(kind);
      const server = await LocalSoundServer.find(sound.env);
      assert.equal(server.runs, false);
      using _watch = server.watch(() => {});
      await sound.start();
      await sound.plugIn([SPEAKERS, ROOM, MICROPHONE]);
      await until(() => server.runs, 'the server to be seen');
      const mixer = findMixer(sound.run, (tool) => (tool === kind.mixer ? findTool(tool) : undefined));
      assert.equal(mixer?.name, kind.mixer);
      const set = (volume: AudioVolume) => mixer.set(volume);
      await sound.makeDefault('sink', 'speakers');
      await sound.makeDefault('source', 'microphone');

      await set({ stream: 'playback', muted: false, volumes: [32_768, 65_535] });
      const each = kind.hasChannels ? '50 100' : '100 100';
      assert.equal(await sound.state('sink', 'speakers'), `${each} Mute: no`);
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

    it('wait for devices that come after the server', async () => {
      await using sound = await startSound(kind);
      await sound.start();
      const link = new FakeSystemSide();
      const mixer = findMixer(sound.run, (tool) => (tool === kind.mixer ? findTool(tool) : undefined));
      assert.ok(mixer !== undefined);
      const server = await LocalSoundServer.find(sound.env);
      const service = new AudioService({ server, mixer }, link, silent);
      await service.start();
      for (const stream of ['playback', 'record'] as const) {
        await link.ask(audioVolume, { stream, ...WISHES[stream] });
        assert.notEqual(await mixer.target(stream), 'device');
      }
      await sound.plugIn([SPEAKERS]);
      await sound.becomes('sink', 'speakers', /^25 25 Mute: no$/);
      await sleep(LOOK_MS); // for what records; without a source PipeWire would set the sink
      assert.equal(await sound.state('sink', 'speakers'), '25 25 Mute: no');
      await sound.plugIn([MICROPHONE]);
      await sound.becomes('source', 'microphone', /^75( 75)? Mute: yes$/);
      assert.equal(await sound.state('sink', 'speakers'), '25 25 Mute: no');
      await service.stop();
    });
  });
}
