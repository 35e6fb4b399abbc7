import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type AudioVolume, audioServer, audioVolume } from '#protocol/ipc/messages/audio.ts';
import { findMixer } from '#session-agent/audio/mixers.ts';
import { LocalSoundServer } from '#session-agent/audio/server.ts';
import { AudioService } from '#session-agent/audio/service.ts';
import { silent } from '#shared/log/log.ts';
import { UnixConnectChannel } from '#system-agent/channels/unix-connect.ts';
import { VdagentDoor } from '#system-agent/vdagent/door.ts';
import { FakeSessionAgent, FakeSessionLink } from '#test/fakes/served-session.ts';
import { prepareSound, SERVERS, SPEAKERS } from '#test/support/desktop/sound.ts';
import { FakeSystemSide } from '#test/support/fake-system-side.ts';
import { OneSocket } from '#test/support/one-socket.ts';
import { Program, temporaryFolder, without } from '#test/support/programs.ts';
import { READY, relaySector } from '#test/support/relay-sector.js';
import { until } from '#test/support/until.ts';
import { FakePointer } from '#test/support/vdagent-door.ts';
import { noSpiceClient } from '#test/vm/needs.ts';
import { SpiceClient } from '#test/vm/spice/client.ts';

const SOON_MS = 30_000;
/** VD_AGENT_CAP_AUDIO_VOLUME_SYNC */
const AUDIO_VOLUME_SYNC = 11;

describe("a SPICE client's volume", { skip: noSpiceClient || without('qemu-system-x86_64') }, () => {
  for (const [name, kind] of Object.entries(SERVERS)) {
    const skip = kind.needs.map((program) => without(program)).find((why) => why !== false) ?? false;
    it(`is said when ${name} has come, and set when its device has`, { skip }, async () => {
      using folder = temporaryFolder();
      const file = (one: string) => path.join(folder.path, one);
      await using sound = await prepareSound(kind);
      using line = new OneSocket(file('line'));
      using port = new OneSocket(file('port'));
      await using qemu = startServer(file);
      let isUp = false;
      await until(() => {
        isUp ||= line.socket?.read(READY.length)?.toString() === READY;
        return isUp || !qemu.running;
      }, 'the boot sector to run');
      assert.ok(isUp, qemu.stderr);
      await using guest = await startGuest(file('port'), sound, kind.mixer);
      await until(() => port.socket !== undefined);
      line.join(port);

      await using client = await SpiceClient.start(file('spice'), file('client.log'), { loudness: 0.2 });
      const offers = (what: string, offered: boolean) =>
        client.sees(SOON_MS, what, ({ capabilities }) => {
          return capabilities.length > 0 && capabilities.includes(AUDIO_VOLUME_SYNC) === offered;
        });
      await offers('an agent without sound', false);
      assert.deepEqual(guest.played, []);
      await sound.start();
      await offers('an agent with sound', true);
      await until(() => guest.played.length > 0, 'the client to say how loud it plays');
      await sound.plugIn([SPEAKERS]);
      await sound.becomes('sink', 'speakers', /^20 20 Mute: no$/);
      assert.deepEqual(guest.played, [{ stream: 'playback', muted: false, volumes: [13_107, 13_107] }]);
    });
  }
});

/** QEMU with a SPICE server, and a guest that hands its agent's channel on to a socket. */
function startServer(file: (name: string) => string): Program {
  writeFileSync(file('boot'), relaySector());
  return new Program([
    'qemu-system-x86_64',
    ...['-machine', 'pc,accel=tcg', '-m', '16', '-nodefaults', '-display', 'none', '-vga', 'std'],
    ...['-drive', `file=${file('boot')},format=raw,if=ide`],
    ...['-spice', `unix=on,addr=${file('spice')},disable-ticketing=on`],
    ...['-chardev', 'spicevmc,id=agent,name=vdagent', '-device', 'isa-serial,chardev=agent'],
    ...['-chardev', `socket,id=guest,path=${file('line')}`, '-device', 'isa-serial,chardev=guest'],
  ]);
}

/** Our door and our session's sound, without what is between them. */
async function startGuest(port: string, sound: Awaited<ReturnType<typeof prepareSound>>, tool: string) {
  const sessionLink = new FakeSessionLink();
  const agent = new FakeSessionAgent('c1');
  const system = new FakeSystemSide();
  const played: AudioVolume[] = [];
  system.notify = ({ name }, body) => {
    if (name === audioServer.name) agent.link.say(audioServer, body as { readonly runs: boolean });
  };
  agent.link.answer(audioVolume, (volume) => {
    if (volume.stream === 'playback') played.push(volume); // what it records with is a matter of this machine
    return system.ask(audioVolume, volume);
  });
  const channel = new UnixConnectChannel(port, silent);
  const door = new VdagentDoor({ channel, sessionLink, pointer: new FakePointer(), log: silent });
  sessionLink.serve(agent);
  await door.start();
  const mixer = findMixer(sound.run, (name) => (name === tool ? name : undefined));
  assert.ok(mixer !== undefined);
  const audio = new AudioService({ server: await LocalSoundServer.find(sound.env), mixer }, system, silent);
  await audio.start();
  return {
    /** How loud the session was told to play. */
    played,
    async [Symbol.asyncDispose]() {
      await audio.stop();
      await door.stop();
    },
  };
}
