import { type AudioVolume, FULL_VOLUME } from '#protocol/ipc/messages/audio.ts';
import { findTool } from '#shared/process/tools.ts';
import type { RunTool } from '../effects/tools.ts';

/**
 * A device; the sink that nobody hears, which servers have until there is one; or nothing: no sink, or nothing but what is played to
 * record from.
 */
export type Target = 'device' | 'stand-in' | undefined;

/** What sets the volumes of the session's sound server. */
export interface Mixer {
  readonly name: string;
  /** What it would set now. @throws {Error} */
  target(stream: AudioVolume['stream']): Promise<Target>;
  /** @throws {Error} */
  set(volume: AudioVolume): Promise<void>;
}

const PACTL = {
  playback: {
    volume: 'set-sink-volume',
    mute: 'set-sink-mute',
    device: '@DEFAULT_SINK@',
    named: /^Default Sink: (.*)$/m,
  },
  record: {
    volume: 'set-source-volume',
    mute: 'set-source-mute',
    device: '@DEFAULT_SOURCE@',
    named: /^Default Source: (.*)$/m,
  },
} as const;
/** Without a source, the source is the sink. */
const WPCTL = {
  playback: { device: '@DEFAULT_AUDIO_SINK@', kind: /\bmedia\.class = "Audio\/(Sink|Duplex)\b/ },
  record: { device: '@DEFAULT_AUDIO_SOURCE@', kind: /\bmedia\.class = "Audio\/(Source|Duplex)\b/ },
} as const;

/** The program that speaks to the session's server, PulseAudio's first: PipeWire answers to it too. */
export function findMixer(run: RunTool, find = findTool): Mixer | undefined {
  const [pulse, wireplumber] = [find('pactl'), find('wpctl')];
  if (pulse !== undefined) return pactl(pulse, run);
  return wireplumber === undefined ? undefined : wpctl(wireplumber, run);
}

/** Silence comes first and sound last, so that nothing is louder in between than before or after. */
function pactl(file: string, run: RunTool): Mixer {
  return {
    name: 'pactl',
    async target(stream) {
      const { status, output } = await run([file, 'info']);
      const name = status === 0 ? PACTL[stream].named.exec(output)?.[1] : undefined;
      // Where there is none it is `(null)` or `@DEFAULT_SINK@`.
      return name === undefined || !/^\w/.test(name) || name.endsWith('.monitor') ? undefined : targetOf(name);
    },
    async set({ stream, muted, volumes }) {
      const { volume, mute, device } = PACTL[stream];
      const setMute = async () => done(await run([file, mute, device, muted ? '1' : '0']));
      if (muted) await setMute();
      if (volumes.length > 0) {
        const each = volumes.map((one) => String(Math.round((one * PULSE_FULL) / FULL_VOLUME)));
        const { status } = await run([file, volume, device, ...each]);
        // The device has other channels than the client's: all of them as loud as the loudest.
        if (status !== 0) done(await run([file, volume, device, String(loudest(each.map(Number)))]));
      }
      if (!muted) await setMute();
    },
  };
}

/** It knows one volume for all channels. */
function wpctl(file: string, run: RunTool): Mixer {
  return {
    name: 'wpctl',
    async target(stream) {
      const { device, kind } = WPCTL[stream];
      const { status, output } = await run([file, 'inspect', device]);
      const name = /\bnode\.name = "(.*)"/.exec(output)?.[1];
      return status !== 0 || name === undefined || !kind.test(output) ? undefined : targetOf(name);
    },
    async set({ stream, muted, volumes }) {
      const { device } = WPCTL[stream];
      const setMute = async () => done(await run([file, 'set-mute', device, muted ? '1' : '0']));
      if (muted) await setMute();
      if (volumes.length > 0)
        done(await run([file, 'set-volume', device, (loudest(volumes) / FULL_VOLUME).toFixed(4)]));
      if (!muted) await setMute();
    },
  };
}

/** Source: PulseAudio, module-always-sink.c; WirePlumber, fallback-sink.lua */
function targetOf(name: string): Target {
  return /^auto_null\b/.test(name) ? 'stand-in' : 'device';
}

/** PA_VOLUME_NORM. Source: PulseAudio, volume.h */
const PULSE_FULL = 65_536;

function loudest(volumes: readonly number[]): number {
  return Math.max(...volumes);
}

function done({ status, output }: { readonly status: number; readonly output: string }): void {
  if (status !== 0) throw new Error(output === '' ? `exit status ${status}` : output);
}
