import { BodyWriter } from '../body.ts';
import { atLeast, defineMessage } from './spec.ts';

export interface AudioVolumeSync {
  readonly stream: 'playback' | 'record';
  readonly muted: boolean;
  /** One per channel, linear, 0 to 65535. */
  readonly volumes: readonly number[];
}

/**
 * u8 is_playback, u8 mute, u8 channels, channels × u16 volume (from the odd offset 3).
 * Source: vd_agent.h, VDAgentAudioVolumeSync.
 */
export const audioVolumeSync = defineMessage<'audio-volume-sync', AudioVolumeSync>({
  type: 15,
  name: 'audio-volume-sync',
  direction: 'to-guest',
  needs: 'audio-volume-sync',
  size: atLeast(3),
  decode(body) {
    const stream = body.u8() !== 0 ? 'playback' : 'record';
    const muted = body.u8() !== 0;
    return { stream, muted, volumes: Array.from({ length: body.u8() }, () => body.u16()) };
  },
  encode({ stream, muted, volumes }) {
    const body = new BodyWriter().u8(stream === 'playback' ? 1 : 0).u8(muted ? 1 : 0);
    body.u8(volumes.length);
    for (const volume of volumes) body.u16(volume);
    return body.finish();
  },
});
