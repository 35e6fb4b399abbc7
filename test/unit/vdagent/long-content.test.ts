import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clipboardRead } from '#protocol/ipc/messages/clipboard.ts';
import type { Capability } from '#protocol/vdagent/capabilities.ts';
import { encodeMessage } from '#protocol/vdagent/message.ts';
import { encodeBody } from '#protocol/vdagent/messages/index.ts';
import { openDoor } from '#test/support/vdagent-door.ts';
import { CLIENT_CAPABILITIES } from '#test/support/vdagent-host.ts';

const LENGTH = 3 * 1024 * 1024;
const PICTURE = Buffer.from(Uint8Array.from({ length: LENGTH }, (_, at) => (at * 7) ^ (at >> 8)));
const png = { selection: 'clipboard', type: 'png' } as const;
const WITHOUT_SELECTIONS = CLIENT_CAPABILITIES.filter((one) => one !== 'clipboard-selection');

/** A client that has a picture, an application that pastes it, and the message with which the client answers. */
async function pasting(capabilities: readonly Capability[] = CLIENT_CAPABILITIES, maxBytes?: number) {
  const open = await openDoor({
    capabilities,
    ...(maxBytes !== undefined && { clipboard: { maxBytes: { text: maxBytes, images: maxBytes } } }),
  });
  open.host.send('clipboard-grab', { selection: 'clipboard', serial: 0, types: ['png'] });
  const pasted = open.session.ask(clipboardRead, { ...png, maxBytes: LENGTH, direct: true });
  const { type, body } = encodeBody('clipboard', { ...png, data: PICTURE }, new Set(capabilities));
  return { open, pasted, message: encodeMessage('client', type, body) };
}

describe('long content of the client', () => {
  for (const [name, capabilities] of Object.entries({ with: CLIENT_CAPABILITIES, without: WITHOUT_SELECTIONS })) {
    it(`is passed on while it comes, and is whole at the end, from a client ${name} selections`, async () => {
      const { open, pasted, message } = await pasting(capabilities);
      open.channel.say(message.subarray(0, 100));
      const { stream, size, content } = await pasted;
      assert.deepEqual([size, content], [LENGTH, undefined]);
      assert.equal(open.session.taken(stream), undefined);
      for (let at = 100; at < message.length; at += 65_000) open.channel.say(message.subarray(at, at + 65_000));
      await open.heard();
      assert.equal(open.session.takenBytes(stream)?.equals(PICTURE), true);
    });
  }

  it('is nothing when the client leaves before the end, and the next one is not taken for its rest', async () => {
    const { open, pasted, message } = await pasting();
    open.channel.say(message.subarray(0, 1_000_000 - (1_000_000 % 2056)));
    const { stream } = await pasted;
    open.host.send('client-disconnected', {}, 'server');
    open.host.announce(true);
    await open.heard();
    assert.equal(open.session.taken(stream), undefined);
    open.host.send('clipboard-grab', { selection: 'clipboard', serial: 0, types: ['png'] });
    const next = open.session.ask(clipboardRead, { ...png, maxBytes: LENGTH });
    open.channel.say(message);
    assert.equal((await next).size, LENGTH);
  });

  it('is refused with its first bytes when it is too long, and the rest is counted down', async () => {
    const { open, pasted, message } = await pasting(CLIENT_CAPABILITIES, LENGTH - 1);
    open.channel.say(message.subarray(0, 100));
    const { stream, content } = await pasted;
    assert.deepEqual([stream, content], [undefined, undefined]);
    assert.equal(open.door.protocolErrors.get('too-large'), 1);
    open.channel.say(message.subarray(100));
    assert.equal(open.door.isAtRest, true);
    open.host.send('clipboard-grab', { selection: 'clipboard', serial: 1, types: ['png'] });
    const next = open.session.ask(clipboardRead, { ...png, maxBytes: 10, direct: true });
    open.host.send('clipboard', { ...png, data: Buffer.from('short') });
    assert.equal(Buffer.from((await next).content ?? []).toString(), 'short');
  });

  it('that nobody asked for is not kept', async () => {
    const { open, pasted, message } = await pasting();
    open.channel.say(message);
    await pasted;
    open.channel.say(message.subarray(0, 100));
    assert.equal(open.door.protocolErrors.get('unasked-content'), 1);
    open.channel.say(message.subarray(100));
    assert.equal(open.door.isAtRest, true);
  });
});
