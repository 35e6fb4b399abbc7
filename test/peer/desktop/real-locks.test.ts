import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { x11 } from '#session-agent/desktop/x11/backend.ts';
import { type Argv, type Programs, sessionPrograms } from '#session-agent/screen-lock/programs.ts';
import { ScreenLock } from '#session-agent/screen-lock/screen-lock.ts';
import { COMMAND } from '#session-agent/screen-lock/xscreensaver.ts';
import type { Bus } from '#shared/dbus/bus.ts';
import { BusClient } from '#shared/dbus/client.ts';
import { silent } from '#shared/log/log.ts';
import { FakeBus } from '#test/fakes/bus.ts';
import { PrivateBus } from '#test/support/dbus/daemon.ts';
import { startXvfb } from '#test/support/desktop/x-server.ts';
import { Program, temporaryFolder, without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const never = new AbortController().signal;

/** xscreensaver locks nothing for root. */
function unprivileged(argv: Argv): Argv {
  return process.getuid?.() === 0 ? ['/usr/sbin/runuser', '-u', 'nobody', '--', ...argv] : argv;
}

/** A session of an X server without a screen saver on its bus; logind keeps the hint that it is told, and locks nothing. */
async function opened() {
  const server = await startXvfb('640x480');
  const home = temporaryFolder();
  const env = { PATH: process.env.PATH ?? '', ...server.env, HOME: home.path };
  const desktop = await x11.open({ env, log: silent }, never);
  const system = Object.assign(new FakeBus(), { hint: false });
  system.answer = ({ member, body }) => {
    if (member === 'Get') return [system.hint];
    if (member === 'SetLockedHint') system.hint = body?.[0] === true;
    return [];
  };
  chmodSync(home.path, 0o777);
  const own = sessionPrograms(env);
  const programs: Programs = {
    start: (argv) => own.start(argv),
    read: (argv, line) => own.read(unprivileged(argv), line),
  };
  const { keyboard } = desktop;
  const tools = { session: new FakeBus(), system, programs, keyboard, wait: sleep, log: silent };
  return {
    env,
    desktop,
    system,
    lock: (locker?: Argv, session: Bus = tools.session) => new ScreenLock({ ...tools, session }).lock(locker),
    async [Symbol.asyncDispose]() {
      await desktop[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      home[Symbol.dispose]();
    },
  };
}

const needsMate = without('mate-screensaver') || without('dbus-daemon');

describe('a real screen lock', { skip: without('Xvfb') }, () => {
  it('i3lock takes the keyboard, and its end unlocks', { skip: without('i3lock') }, async () => {
    await using run = await opened();
    assert.deepEqual(await run.lock(['/usr/bin/i3lock', '--nofork']), { locked: true, by: '/usr/bin/i3lock' });
    assert.equal(await run.desktop.keyboard?.isHeld(), true);
    await until(() => run.system.hint, 'logind to be told');
  });

  it('i3lock that goes to the background is no lock that lasts', { skip: without('i3lock') }, async () => {
    await using run = await opened();
    const { locked, why } = await run.lock(['/usr/bin/i3lock']);
    assert.equal(locked, false);
    assert.match(why ?? '', /i3lock ended at once with status 0/);
  });

  it('xscreensaver is asked by its command', { skip: without('xscreensaver') }, async () => {
    await using run = await opened();
    await using saver = new Program(unprivileged(['/usr/bin/xscreensaver', '--no-splash']), run.env);
    let state = '';
    for (const end = Date.now() + 20_000; !/screen/.test(state) && Date.now() < end; await sleep(100)) {
      const look = new Program(unprivileged([COMMAND, '-time']), run.env);
      await look.exited;
      state = look.stdout;
    }
    assert.deepEqual(await run.lock(), { locked: true, by: 'xscreensaver' });
    await until(() => run.system.hint, 'logind to be told');
    await sleep(1_000); // its -watch runs by now, and does not end with it
    await saver[Symbol.asyncDispose]();
    await until(() => !run.system.hint, 'logind to be told that nothing locks any more');
  });

  it("mate-screensaver is asked on the user's bus, and locks without an answer", { skip: needsMate }, async () => {
    await using run = await opened();
    await using bus = await new PrivateBus().start();
    await using nobody = await new PrivateBus().start(); // in the place of the system's
    const addresses = { DBUS_SESSION_BUS_ADDRESS: bus.address, DBUS_SYSTEM_BUS_ADDRESS: nobody.address };
    const env = { ...run.env, ...addresses, GSETTINGS_BACKEND: 'memory', XDG_RUNTIME_DIR: run.env.HOME };
    await using _saver = new Program(['/usr/bin/mate-screensaver', '--no-daemon'], env);
    const session = new BusClient([bus.socket], silent);
    await session.start();
    try {
      let runs = false;
      session.watchName(MATE, (owner) => {
        runs = owner !== undefined;
      });
      await until(() => runs, 'the screen saver');
      assert.deepEqual(await run.lock(undefined, session), { locked: true, by: MATE });
      await until(() => run.system.hint, 'logind to be told');
    } finally {
      await session.stop();
    }
  });
});

const MATE = 'org.mate.ScreenSaver';
