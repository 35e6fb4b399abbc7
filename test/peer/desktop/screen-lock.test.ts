import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScreenLock } from '#session-agent/screen-lock/screen-lock.ts';
import { BusClient } from '#shared/dbus/client.ts';
import { silent } from '#shared/log/log.ts';
import { FakePrograms } from '#test/fakes/programs.ts';
import { PrivateBus } from '#test/support/dbus/daemon.ts';
import { Peer } from '#test/support/dbus/peer.ts';
import { without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const NAME = 'org.gnome.ScreenSaver';
const KEY = `/org/gnome/ScreenSaver ${NAME}`;

/** The desktop is played by another implementation of D-Bus, on a real bus. */
describe('the screen is locked through the desktop', { skip: without('dbus-daemon') }, () => {
  const bus = new PrivateBus();
  const system = new BusClient([], silent);
  let desktop: Peer;
  let session: BusClient;

  const lock = () => new ScreenLock({ session, system, programs: new FakePrograms(), wait: sleep, log: silent }).lock();

  before(async () => {
    await bus.start();
    desktop = await Peer.start(bus.address);
    await desktop.send('own', { name: NAME });
    session = new BusClient([bus.socket], silent);
    await session.start();
    await until(() => session.connected);
  });
  beforeEach(() => desktop.send('forget'));
  after(async () => {
    await session?.stop();
    await desktop?.[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
  });

  it('and is locked when the desktop says so', async () => {
    await desktop.send('answer', { key: `${KEY} Lock`, signature: '', body: [] });
    await desktop.send('answer', { key: `${KEY} GetActive`, signature: 'b', body: [true] });
    assert.deepEqual(await lock(), { locked: true, by: NAME });
  });

  it('and is not when the desktop took the call and did nothing', async () => {
    await desktop.send('answer', { key: `${KEY} Lock`, signature: '', body: [] });
    await desktop.send('answer', { key: `${KEY} GetActive`, signature: 'b', body: [false] });
    const { locked, why } = await lock();
    assert.equal(locked, false);
    assert.match(why ?? '', /org\.gnome\.ScreenSaver was asked and the screen is not locked/);
  });

  it('and a desktop that never answers, or answers nonsense, is a reason and no hang', async () => {
    await desktop.send('answer', { key: `${KEY} Lock`, silent: true });
    assert.equal((await lock()).locked, false);
    await desktop.send('answer', { key: `${KEY} Lock`, signature: '', body: [] });
    await desktop.send('answer', { key: `${KEY} GetActive`, signature: 's', body: ['yes'] });
    assert.equal((await lock()).locked, false);
  });

  it('and without a screen saver the reason says so', async () => {
    await desktop.send('release', { name: NAME });
    const { locked, why } = await lock();
    assert.equal(locked, false);
    assert.notEqual(why ?? '', '');
  });
});
