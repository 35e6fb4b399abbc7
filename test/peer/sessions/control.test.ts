import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BusClient } from '#shared/dbus/client.ts';
import { silent } from '#shared/log/log.ts';
import { linuxSessionControl } from '#system-agent/session-control/linux.ts';
import { MANAGER_PATH } from '#system-agent/sessions/login1.ts';
import { UTMP_FILES } from '#system-agent/sessions/utmp.ts';
import { SessionsWatch } from '#system-agent/sessions/watch.ts';
import { FakeSessionAgents } from '#test/fakes/session-control.ts';
import { startAgentThrough } from '#test/support/agents.ts';
import { PrivateBus } from '#test/support/dbus/daemon.ts';
import { NativeLogind } from '#test/support/dbus/logind.ts';
import { without } from '#test/support/programs.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { session } from '#test/support/sessions.ts';
import { until } from '#test/support/until.ts';

const skip = without('dbus-daemon');
const managerCall = (member: string) => `${MANAGER_PATH} org.freedesktop.login1.Manager ${member}`;

/** Session control over a real bus, and the logind of another implementation on it. */
async function controlled() {
  const bus = await new PrivateBus().start();
  const logind = await NativeLogind.start(bus);
  const client = new BusClient([bus.socket], silent);
  const sessions = new SessionsWatch(client, UTMP_FILES, silent);
  await client.start();
  await sessions.start();
  const agents = new FakeSessionAgents();
  const control = linuxSessionControl(client).over({
    ...{ sessions, agents, served: () => undefined, locker: [], grace: 30, log: silent },
  });
  await logind.show([session('3')]);
  await until(() => sessions.snapshot.sessions.length === 1, 'the session');
  return {
    logind,
    control,
    answers: (member: string, answer: object) => logind.peer.send('answer', { key: managerCall(member), ...answer }),
    async [Symbol.asyncDispose]() {
      await control.stop();
      await sessions.stop();
      await client.stop();
      await logind[Symbol.asyncDispose]();
      await bus[Symbol.asyncDispose]();
    },
  };
}

describe('sessions are controlled through logind', { skip }, () => {
  it('which locks, and the session says that it is locked', async () => {
    await using run = await controlled();
    await run.answers('LockSession', { signature: '', body: [] });
    const locking = run.control.lock();
    await run.logind.show([session('3', { locked: true })]);
    const [outcome] = await locking;
    assert.deepEqual([outcome?.session.id, outcome?.locked, outcome?.by], ['3', true, 'logind']);
  });

  it('which ends a session, or says why not', async () => {
    await using run = await controlled();
    await run.answers('TerminateSession', { error: 'org.freedesktop.DBus.Error.AccessDenied' });
    await assert.rejects(run.control.logOff('3'), { code: 'refused' });
    await run.answers('TerminateSession', { signature: '', body: [] });
    const { session: ended, seconds } = await run.control.logOff();
    assert.deepEqual([ended.id, seconds], ['3', 0]);
  });
});

describe('a host of QEMU', { skip }, () => {
  it('lists the sessions, and a machine that somebody needs is neither locked nor logged off', async () => {
    await using bus = await new PrivateBus().start();
    await using logind = await NativeLogind.start(bus);
    await using agent = await startAgentThrough(['env', `DBUS_SYSTEM_BUS_ADDRESS=${bus.address}`], 'refuse');
    using host = await RawClient.connect(agent.socket);
    await logind.show([session('3')]);
    const ask = async (execute: string): Promise<unknown> => {
      host.send(JSON.stringify({ execute }));
      const [line = ''] = await host.lines(1);
      return JSON.parse(line);
    };
    let listed: { return?: unknown[] } = {};
    for (const end = Date.now() + 20_000; Date.now() < end && listed.return?.length !== 1; ) {
      listed = (await ask('uga-session-list')) as typeof listed;
    }
    assert.deepEqual(listed.return, [
      {
        ...{ id: '3', uid: 1000, user: 'alice', class: 'user', type: 'wayland', seat: 'seat0', state: 'active' },
        ...{ active: true, locked: false, served: true, agent: false },
      },
    ]);
    for (const command of ['uga-session-lock', 'uga-session-logoff']) {
      assert.deepEqual(await ask(command), {
        error: { class: 'GenericError', desc: 'changes to this machine are switched off' },
      });
    }
  });
});
