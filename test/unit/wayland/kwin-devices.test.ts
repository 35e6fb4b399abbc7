import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wlCallback, wlDisplay, wlRegistry } from '#protocol/wayland/core.ts';
import { kdeOutputDevice, kdeOutputDeviceRegistry, kdeOutputMode } from '#protocol/wayland/kde-output.ts';
import { decodeArguments, FIRST_SERVER_ID } from '#protocol/wayland/wire.ts';
import { Devices } from '#session-agent/desktop/wayland/monitors/kwin/devices.ts';
import { Registry } from '#session-agent/desktop/wayland/registry.ts';
import { until } from '#test/support/until.ts';
import { idIn, RawPeer } from '#test/support/wayland/raw-peer.ts';

const REGISTRY = 2;
const [DEVICE, MODE, ANOTHER] = [FIRST_SERVER_ID, FIRST_SERVER_ID + 1, FIRST_SERVER_ID + 2];
const RELEASE = 0;

/** A compositor that offers these, and their devices as we know them. */
async function told(peer: RawPeer, offered: readonly (readonly [name: string, version: number])[]) {
  const opening = Registry.of(peer.connection);
  await until(() => peer.asked.length === 2);
  const callback = idIn(peer.asked[1]?.body ?? Buffer.alloc(4));
  for (const [at, [name, version]] of offered.entries()) peer.say(REGISTRY, wlRegistry, 'global', [at, name, version]);
  peer.say(callback, wlCallback, 'done', [0]);
  peer.say(1, wlDisplay, 'delete_id', [callback]);
  const registry = await opening;
  let changes = 0;
  const devices = new Devices(registry, () => changes++);
  return { devices, changes: () => changes };
}

/** What was bound last: in which version, and its id. */
async function bound(peer: RawPeer): Promise<{ version: number; id: number }> {
  await until(() => peer.asked.length === 3);
  const [, , version, id] = decodeArguments(
    peer.asked[2]?.body ?? Buffer.alloc(0),
    ['uint', 'string', 'uint', 'uint'],
    () => undefined,
  );
  return { version: Number(version), id: Number(id) };
}

describe('the displays that KWin tells of', () => {
  it('come and go by the global that tells of all, where there is that', async () => {
    using peer = new RawPeer();
    const { devices, changes } = await told(peer, [[kdeOutputDeviceRegistry.name, 23]]);
    const { version, id: teller } = await bound(peer);
    assert.equal(version, 21);
    for (const [device, name] of [
      [DEVICE, 'Virtual-1'],
      [ANOTHER, 'Virtual-2'],
    ] as const) {
      peer.say(teller, kdeOutputDeviceRegistry, 'output', [device]);
      peer.say(device, kdeOutputDevice, 'name', [name]);
      if (device === DEVICE) {
        peer.say(device, kdeOutputDevice, 'mode', [MODE]);
        peer.say(MODE, kdeOutputMode, 'size', [1024, 768]);
        peer.say(MODE, kdeOutputMode, 'flags', [1]);
        peer.say(device, kdeOutputDevice, 'priority', [1]);
      }
      peer.say(device, kdeOutputDevice, 'done', []);
    }
    await until(() => changes() === 2);
    assert.deepEqual(
      devices.all.map(({ name, modes }) => [name, ...Array.from(modes.values(), ({ size }) => size)]),
      [['Virtual-1', { width: 1024, height: 768 }], ['Virtual-2']],
    );
    peer.say(DEVICE, kdeOutputDevice, 'removed', []);
    await until(() => changes() === 3);
    assert.deepEqual(
      devices.all.map(({ name }) => name),
      ['Virtual-2'],
    );
    devices[Symbol.dispose]();
    await until(() => peer.asked.length === 6);
    const [gone, stopped, left] = peer.asked.slice(3).map(({ object, opcode }) => [object, opcode]);
    assert.deepEqual(
      [gone, stopped, left],
      [
        [DEVICE, RELEASE],
        [teller, 0],
        [ANOTHER, RELEASE],
      ],
    );
  });

  it('are not asked for of a global in a version that it refuses', async () => {
    using peer = new RawPeer();
    const { devices } = await told(peer, [[kdeOutputDeviceRegistry.name, 20]]);
    const trip = peer.connection.roundTrip(50);
    await assert.rejects(trip, { code: 'timeout' });
    assert.equal(peer.asked.length, 3); // and the third is the round trip
    assert.equal(peer.asked[2]?.object, 1);
    assert.deepEqual(devices.all, []);
  });

  it('are globals themselves before', async () => {
    using peer = new RawPeer();
    const { devices, changes } = await told(peer, [[kdeOutputDevice.name, 11]]);
    const { version, id } = await bound(peer);
    assert.equal(version, 11);
    peer.say(id, kdeOutputDevice, 'name', ['Virtual-1']);
    peer.say(id, kdeOutputDevice, 'done', []);
    await until(() => changes() === 1);
    peer.say(REGISTRY, wlRegistry, 'global_remove', [0]);
    await until(() => changes() === 2);
    assert.deepEqual(devices.all, []);
    assert.equal(peer.asked.length, 3);
  });
});
