import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AudioVolume, audioVolume } from '#protocol/ipc/messages/audio.ts';
import { findMixer } from '#session-agent/audio/mixers.ts';
import { LocalSoundServer } from '#session-agent/audio/server.ts';
import { AudioService } from '#session-agent/audio/service.ts';
import { silent } from '#shared/log/log.ts';
import { findTool } from '#shared/process/tools.ts';
import { MICROPHONE, prepareSound, ROOM, SERVERS, SPEAKERS } from '#test/support/desktop/sound.ts';
import { FakeSystemSide } from '#test/support/fake-system-side.ts';
import { without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const WISHES = {
  playback: { muted: false, volumes: [16_384, 16_384] },
  record: { muted: true, volumes: [49_151, 49_151] },
} as const;

/** Longer than a look for a device that records comes after one for a device that plays. */
const LOOK_MS = 3_000;

for (const [name, kind] of Object.entries(SERVERS)) {
  const skip = kind.needs.map((program) => without(program)).find((why) => why !== false) ?? false;
  describe(`volumes of ${name}`, { skip }, () => {
    it('follow the client, once the server is there: both channels, what is recorded, silence, and a device with other channels', async () => {
      await using sound = await prepareSound(kind);
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
      await using sound = await prepareSound(kind);
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
      await sleep(LOOK_MS); // without a source, PipeWire would take the sink for it
      assert.equal(await sound.state('sink', 'speakers'), '25 25 Mute: no');
      await sound.plugIn([MICROPHONE]);
      await sound.becomes('source', 'microphone', /^75( 75)? Mute: yes$/);
      assert.equal(await sound.state('sink', 'speakers'), '25 25 Mute: no');
      await service.stop();
    });
  });
}
