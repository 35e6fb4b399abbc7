import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { wlCallback, wlDisplay, wlRegistry } from '#protocol/wayland/core.ts';
import { zwlrDataControl } from '#protocol/wayland/data-control.ts';
import { FIRST_SERVER_ID } from '#protocol/wayland/wire.ts';
import { WaylandConnection } from '#session-agent/desktop/wayland/connection.ts';
import { silent } from '#shared/log/log.ts';
import { makePipe } from '#shared/native/pipe.ts';
import { until } from '#test/support/until.ts';
import { idIn, openNow, RawPeer } from '#test/support/wayland/raw-peer.ts';

const { device, manager, offer, source } = zwlrDataControl;

describe('a connection to a compositor', () => {
  it('makes a round trip, and uses the id again that it gets back', async () => {
    using peer = new RawPeer();
    for (let round = 0; round < 3; round++) {
      const trip = peer.connection.roundTrip();
      await until(() => peer.asked.length > round);
      const id = idIn(peer.asked[round]?.body ?? Buffer.alloc(4));
      assert.equal(id, 2);
      peer.say(id, wlCallback, 'done', [0]);
      peer.say(1, wlDisplay, 'delete_id', [id]);
      await trip;
      await turn();
    }
  });

  it('gives up a compositor that does not answer', async () => {
    using peer = new RawPeer();
    await assert.rejects(peer.connection.roundTrip(20), { code: 'timeout' });
  });

  it('ends with the reason that the compositor gives', async () => {
    using peer = new RawPeer();
    const trip = assert.rejects(peer.connection.roundTrip(), { code: 'cancelled' });
    peer.say(1, wlDisplay, 'error', [1, 3, 'out of patience']);
    assert.match(await peer.connection.lost, /the compositor refuses wl_display: out of patience \(3\)/);
    await trip;
    await assert.rejects(peer.connection.roundTrip(), { code: 'cancelled' });
    assert.equal(peer.connection.isAlive, false);
  });

  it('reads why it was closed, though what it asks meanwhile cannot be sent any more', async () => {
    using peer = new RawPeer();
    peer.say(1, wlDisplay, 'error', [1, 0, 'no more']);
    peer.socket.close();
    for (let count = 0; count < 5; count++) peer.connection.display.send('sync', {});
    assert.match(await peer.connection.lost, /no more/);
  });

  it('says that the compositor has gone', async () => {
    using peer = new RawPeer();
    peer.socket.close();
    assert.match(await peer.connection.lost, /closed the connection/);
    const open = () => WaylandConnection.open('/nonexistent/wayland-0', silent);
    assert.throws(open, { code: 'failed', message: /ENOENT/ });
  });

  it('ends with what cannot be read', async () => {
    const said: readonly string[] = [
      '0100000000000000', // no size
      '01000000ffff0c0000000000', // no such event
      '010000000100080000', // delete_id without its id
      '0100000001000a000000',
      '01000000020008000000000000000000',
    ];
    for (const hex of said) {
      using peer = new RawPeer();
      peer.socket.send(Buffer.from(hex, 'hex'));
      assert.match(await peer.connection.lost, /Wayland|wl_display/, hex);
    }
  });

  it('closes descriptors that nobody takes, and those of messages that are broken', async () => {
    const before = openNow();
    {
      using peer = new RawPeer();
      const { writeEnd, readEnd } = makePipe('readEnd');
      const unheard = peer.connection.create(source, 2);
      const heard = peer.connection.create(source, 2);
      const taken: number[] = [];
      heard.listen({ send: ({ fd }) => taken.push(fd) });
      const { readEnd: other, writeEnd: otherEnd } = makePipe('readEnd');
      peer.say(unheard.id, source, 'send', ['text/plain', writeEnd], writeEnd);
      peer.say(heard.id, source, 'send', ['text/plain', otherEnd], otherEnd);
      await until(() => taken.length === 1);
      assert.equal(openNow(), before + 2 + 2 * 3 - 1); // two sockets with a watch each, two read ends, and what was taken
      for (const fd of [...taken, readEnd, other]) closeSync(fd);
      const { readEnd: last, writeEnd: lastEnd } = makePipe('readEnd');
      closeSync(last);
      peer.socket.send(Buffer.from('01000000ffff0c0000000000', 'hex'), lastEnd);
      await peer.connection.lost;
    }
    assert.equal(openNow(), before);
  });

  it('closes what it was to send when it is not sent', async () => {
    const before = openNow();
    {
      using peer = new RawPeer();
      const one = peer.connection.create(offer, 2);
      const pipe = () => {
        const { readEnd, writeEnd } = makePipe('readEnd');
        closeSync(readEnd);
        return writeEnd;
      };
      assert.throws(() => one.send('receive', { mime_type: 'a\0b', fd: pipe() }), { code: 'invalid-argument' });
      one.send('receive', { mime_type: 'text/plain', fd: pipe() });
      one.send('destroy', {});
      one.send('receive', { mime_type: 'text/plain', fd: pipe() });
      peer.connection[Symbol.dispose]();
      one.send('receive', { mime_type: 'text/plain', fd: pipe() });
    }
    assert.equal(openNow(), before);
  });

  it('ends what the compositor begins and nobody hears of', async () => {
    using peer = new RawPeer();
    const gone = peer.connection.create(device, 2);
    gone.send('destroy', {});
    peer.say(gone.id, device, 'data_offer', [FIRST_SERVER_ID]);
    peer.say(FIRST_SERVER_ID, offer, 'offer', ['text/plain']);
    await until(() => peer.asked.length === 2);
    assert.deepEqual([peer.asked[1]?.object, peer.asked[1]?.opcode], [FIRST_SERVER_ID, 1]);
    // It may give the number again.
    peer.say(gone.id, device, 'data_offer', [FIRST_SERVER_ID]);
    await until(() => peer.asked.length === 3);
    assert.ok(peer.connection.isAlive);
  });

  it('refuses objects that the compositor begins under a number of ours, or twice', async () => {
    for (const ids of [[5], [FIRST_SERVER_ID, FIRST_SERVER_ID]]) {
      using peer = new RawPeer();
      const one = peer.connection.create(device, 2);
      one.listen({ data_offer: () => {} });
      for (const id of ids) peer.say(one.id, device, 'data_offer', [id]);
      assert.match(await peer.connection.lost, /begins an object/);
    }
  });

  it('does not say what a version does not have', () => {
    using peer = new RawPeer();
    const old = peer.connection.create(manager, 1).send('get_data_device', { seat: peer.connection.display });
    assert.equal(old.version, 1);
    assert.throws(() => old.send('set_primary_selection', { source: undefined }), { code: 'unsupported' });
    assert.ok(peer.connection.create(wlRegistry, 1).isAlive);
  });

  it('ends when the compositor does not read', async () => {
    using peer = new RawPeer();
    const name = 'x'.repeat(4000);
    const one = peer.connection.create(source, 2);
    // The other end lives in this process and has no turn meanwhile.
    for (let count = 0; count < 2000; count++) one.send('offer', { mime_type: name });
    assert.match(await peer.connection.lost, /does not read/);
  });
});
