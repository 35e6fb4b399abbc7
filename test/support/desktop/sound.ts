import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { toolRunner } from '#session-agent/effects/tools.ts';
import { findTool } from '#shared/process/tools.ts';
import { Program, temporaryFolder } from '#test/support/programs.ts';

/** Programs of one session's sound, on folders of their own, and what sets its volumes. */
export interface SoundPrograms {
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
} satisfies Partial<SoundPrograms>;

export const SERVERS: Readonly<Record<string, SoundPrograms>> = {
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
export const SPEAKERS = ['module-null-sink', 'sink_name=speakers', 'channels=2', 'channel_map=front-left,front-right'];
export const ROOM = ['module-null-sink', 'sink_name=room', 'channels=1', 'channel_map=mono'];
export const MICROPHONE = ['module-remap-source', 'source_name=microphone', 'master=speakers.monitor'];

const LOOKS = 200;

/** None of it runs yet. */
export async function prepareSound({ programs }: SoundPrograms) {
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
