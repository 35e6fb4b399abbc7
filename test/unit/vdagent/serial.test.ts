import assert from 'node:assert/strict';
import { it } from 'node:test';
import { judgeSerial, nextSerial } from '#system-agent/vdagent/clipboard/serial.ts';
import { random } from '#test/support/random.ts';

it('a grab that knew all of ours is new, one that crossed our last is crossed, any other is stale', () => {
  assert.equal(judgeSerial(5, 5), 'new');
  assert.equal(judgeSerial(5, 4), 'crossed');
  assert.equal(judgeSerial(5, 3), 'stale');
  assert.equal(judgeSerial(5, 6), 'stale');
});

it('serials wrap around at 32 bits', () => {
  assert.equal(nextSerial(0xffff_ffff), 0);
  assert.equal(judgeSerial(0, 0xffff_ffff), 'crossed');
  assert.equal(judgeSerial(0xffff_ffff, 0xffff_ffff), 'new');
});

/** The client's side as spice-gtk has it: a guest's grab counts only if it knew all of the client's. */
it('both sides name the same owner once everything has arrived, however grabs cross', () => {
  for (let seed = 0; seed < 2000; seed++) {
    const chance = random(seed);
    const start = seed % 2 === 0 ? 0 : 0xffff_fffe;
    const guest = { serial: start, owner: 'nobody' };
    const client = { serial: start, owner: 'nobody' };
    const toGuest: number[] = [];
    const toClient: number[] = [];
    for (let turn = 0; turn < 30 || toGuest.length + toClient.length > 0; turn++) {
      // One grab a side is under way at most: more than that and the original, too, loses some.
      const mayGrab = turn < 30 && toGuest.length + toClient.length < 2;
      const move = chance(4);
      if (move === 0 && mayGrab && toClient.length === 0) {
        toClient.push(guest.serial);
        guest.serial = nextSerial(guest.serial);
        guest.owner = 'guest';
      } else if (move === 1 && mayGrab && toGuest.length === 0) {
        toGuest.push(client.serial);
        client.serial = nextSerial(client.serial);
        client.owner = 'client';
      } else if (move === 2 && toGuest.length > 0) {
        const verdict = judgeSerial(guest.serial, toGuest.shift() ?? 0);
        if (verdict === 'new') guest.serial = nextSerial(guest.serial);
        if (verdict !== 'stale') guest.owner = 'client';
      } else if (move === 3 && toClient.length > 0) {
        if (toClient.shift() === client.serial) {
          client.serial = nextSerial(client.serial);
          client.owner = 'guest';
        }
      }
      if (toGuest.length + toClient.length === 0) {
        assert.equal(guest.owner, client.owner, `seed ${seed}, turn ${turn}`);
        assert.equal(guest.serial, client.serial, `seed ${seed}, turn ${turn}`);
      }
    }
  }
});
