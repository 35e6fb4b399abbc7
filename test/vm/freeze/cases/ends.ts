import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { FILE_SYSTEMS } from '../lab.ts';
import { type Case, tells, tellsOnce } from './case.ts';

const LEASE_S = 3;

const thawed: Case = {
  name: 'thaw by command',
  async round(lab) {
    await lab.freeze();
    await lab.standsStill();
    const due = await lab.now();
    return { due, told: await tells(lab) };
  },
};

const polled: Case = {
  name: 'the host asks ping, info and status every second, and never thaws',
  async round(lab) {
    await lab.freeze();
    await lab.standsStill();
    const due = await lab.lease(LEASE_S);
    do {
      await sleep(1_000);
      assert.deepEqual(await lab.host.ask('guest-ping'), { return: {} });
      assert.ok((await lab.host.ask('guest-info')).return);
    } while (await lab.isFrozen());
    const { achieved, ended } = await lab.status();
    assert.deepEqual([achieved, ended], ['lease-expired', 'the lease has ended']);
    return { due, told: await tellsOnce(lab) };
  },
};

const hostGone: Case = {
  name: 'the host closes its end of the port',
  async round(lab) {
    await lab.freeze();
    await lab.standsStill();
    const due = await lab.lease(LEASE_S);
    lab.disconnect();
    await lab.writesAfter(due);
    await lab.connect();
    return { due, told: await tellsOnce(lab) };
  },
};

const paused: Case = {
  name: 'the host stops the machine for longer than the lease, which does not count',
  async round(lab) {
    await lab.freeze();
    const due = await lab.lease(LEASE_S);
    await lab.guest.qmp.execute('stop');
    await sleep((LEASE_S + 2) * 1000);
    await lab.guest.qmp.execute('cont');
    assert.ok(await lab.isFrozen(), 'the time was counted');
    await lab.writesAfter(due);
    return { due, told: await tellsOnce(lab) };
  },
};

const twice: Case = {
  name: 'two freezes, sent at once, and a third',
  async round(lab) {
    const asked = () => lab.host.ask('guest-fsfreeze-freeze');
    const [first, second] = await Promise.all([asked(), asked()]);
    assert.deepEqual(first, { return: FILE_SYSTEMS });
    assert.equal(second.error?.class, 'CommandNotFound');
    assert.equal((await asked()).error?.class, 'CommandNotFound');
    await lab.standsStill();
    const due = await lab.now();
    return { due, told: `later freezes: error: disabled; ${await tells(lab)}` };
  },
};

const withoutFreeze: Case = {
  name: 'thaw without a freeze',
  async round(lab) {
    const due = await lab.now();
    return { due, told: await tells(lab) };
  },
};

/** Of what hosts do, and do not. */
export const ends: readonly Case[] = [thawed, polled, hostGone, paused, twice, withoutFreeze];
