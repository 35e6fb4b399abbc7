import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silent } from '#shared/log/log.ts';
import { commands } from '#system-agent/qga/commands/index.ts';
import { Dispatcher } from '#system-agent/qga/dispatcher.ts';
import { QgaDoor } from '#system-agent/qga/door.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { LIBVIRT, mutations, PROXMOX } from '#test/support/dialogues.ts';

/** Asynchronous commands of the dialogue have answered after this many turns of the event loop. */
async function settle(channel: FakeChannel): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (channel.paused);
}

for (const [name, dialogue] of [
  ['libvirt', LIBVIRT],
  ['Proxmox VE', PROXMOX],
] as const) {
  describe(`a dialogue of ${name} with one byte gone wrong`, () => {
    it('is brought back by one guest-sync-delimited, wherever and however it broke', async () => {
      const channel = new FakeChannel();
      await new QgaDoor(channel, new Dispatcher(commands, fakePlatform(), () => undefined, silent)).start();
      channel.connect();
      let id = 100_000;
      for (const mutation of mutations(dialogue)) {
        channel.say(mutation.bytes);
        await settle(channel);
        channel.say(Buffer.concat([Buffer.of(0xff), sync(++id)]));
        await settle(channel);
        const text = channel.drain();
        assert.equal(text.slice(text.lastIndexOf('\xff')), `\xff{"return": ${id}}\n`, mutation.name);
      }
    });
  });
}

function sync(id: number): Buffer {
  return Buffer.from(`{"execute":"guest-sync-delimited","arguments":{"id":${id}}}\n`);
}
