import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { ourProgram, safeEnvironment } from '#test/support/agents.ts';
import { PrivateBus } from '#test/support/dbus/daemon.ts';
import { Mock, needsMock } from '#test/support/dbus/mock.ts';
import { Program, temporaryFolder } from '#test/support/programs.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { until } from '#test/support/until.ts';

const SECRET = 'hunter2-of-the-test';
const NAME = 'org.freedesktop.Notifications';
/** No logind: the configuration says who is served. */
const NO_BUS = 'unix:path=/nonexistent/bus';

describe('a host that runs a command', { skip: needsMock }, () => {
  it('is told of on the desktop, by both real agents and without a name', async () => {
    using folder = temporaryFolder();
    const place = (name: string) => path.join(folder.path, name);
    await using bus = await new PrivateBus().start();
    const object = [NAME, '/org/freedesktop/Notifications', NAME] as const;
    await using daemon = await Mock.start(bus, object, ['-t', 'notification_daemon']);
    writeFileSync(place('uga.conf'), `[link]\nallow-uid=${process.getuid?.()}\n[session]\nnotices=yes\n`);
    copyFileSync('/bin/true', place(`true-${SECRET}`));
    const environment: NodeJS.ProcessEnv = { ...safeEnvironment(), DBUS_SYSTEM_BUS_ADDRESS: NO_BUS };
    await using system = new Program(
      [
        ...ourProgram('system-agent'),
        ...['--config', place('uga.conf'), '--qga', `unix-listen:${place('qga.sock')}`],
        ...['--ovirt', 'off', '--vdagent', 'off', '--uinput', 'off', '--state-dir', folder.path],
        ...['--link', place('link.sock'), '--control', place('control.sock')],
      ],
      { ...environment, UGA_EFFECTS: `below:${folder.path}` },
    );
    await system.socket(place('qga.sock'));
    // Its desktop is the mock alone: there is no display, and no logind.
    const { UGA_EFFECTS, DISPLAY, WAYLAND_DISPLAY, ...bare } = environment;
    await using session = new Program([...ourProgram('session-agent'), '--link', place('link.sock')], {
      ...bare,
      DBUS_SESSION_BUS_ADDRESS: bus.address,
    });
    await until(() => system.stderr.includes('served session') || !session.running, 'the served session');
    using host = await RawClient.connect(place('qga.sock'));
    const args = { path: place(`true-${SECRET}`), arg: [SECRET] };
    host.send(JSON.stringify({ execute: 'guest-exec', arguments: args }));
    const [answer = ''] = await host.lines(1);
    assert.match(answer, /"pid"/);
    let shown: Awaited<ReturnType<Mock['callsOf']>> = [];
    for (const end = Date.now() + 20_000; shown.length === 0 && Date.now() < end; ) {
      shown = await daemon.callsOf('Notify');
    }
    assert.deepEqual(
      shown.map(([, , , , text]) => text),
      ['The host ran a command.'],
    );
    assert.ok(!JSON.stringify(shown, (_, value) => (value instanceof Map ? [...value] : value)).includes(SECRET));
    assert.match(readFileSync(place('audit/audit.log'), 'utf8'), /guest-exec/);
  });
});
