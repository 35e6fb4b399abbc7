import assert from 'node:assert/strict';
import { rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { hasMark, readAvailable, writeAvailable } from '#shared/native/descriptor.ts';
import { ourProgram, safeEnvironment } from '#test/support/agents.ts';
import { NotifySocket } from '#test/support/notify-socket.ts';
import { Program, temporaryFolder } from '#test/support/programs.ts';
import { TerminalPair } from '#test/support/terminal-pair.ts';
import { until } from '#test/support/until.ts';

/** The test is systemd: it hears the program, keeps its descriptors and hands them to the next. A terminal is the port. */
it('the program says how it is, and the next one takes the port over from one that was killed', async () => {
  using folder = temporaryFolder();
  using pair = new TerminalPair();
  const port = path.join(folder.path, 'port');
  symlinkSync(pair.path, port);
  const notify = path.join(folder.path, 'notify');
  using systemd = new NotifySocket(notify);
  const name = `virtio-device=${port}`;
  const argv: [string, ...string[]] = [
    ...['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh', ...ourProgram('system-agent')],
    ...['--qga', `virtio-device:${port}`, '--ovirt', 'off', '--vdagent', 'off', '--uinput', 'off'],
    ...['--link', path.join(folder.path, 'link'), '--control', path.join(folder.path, 'control')],
    ...['--state-dir', folder.path],
  ] as [string, ...string[]];
  const environment = { ...safeEnvironment(), NOTIFY_SOCKET: notify, WATCHDOG_USEC: '100000' };

  let kept: number | undefined;
  {
    await using first = new Program(argv, environment);
    ({ fd: kept } = await systemd.says(new RegExp(`^FDSTORE=1\nFDNAME=${name}\nFDPOLL=0$`)));
    await systemd.says(/^READY=1$/);
    await systemd.says(/^STATUS=qga connected$/);
    await systemd.says(/^WATCHDOG=1$/);
    await answers(pair.host);
    // The answer arrives before the program has noted that it is said to the end.
    await until(() => kept !== undefined && !hasMark(kept), 'the port to be at rest');
    first.kill('SIGKILL');
    await first.exited;
  }
  assert.ok(kept !== undefined);

  rmSync(port); // so that it cannot be opened, only taken over
  systemd.read();
  const heard = systemd.received.length;
  const handed = { ...environment, LISTEN_FDS: '1', LISTEN_FDNAMES: name };
  await using second = new Program(argv, handed, [kept]);
  await until(() => systemd.texts.slice(heard).includes('READY=1'), 'the second run to be ready');
  await answers(pair.host);
  second.kill('SIGTERM');
  assert.deepEqual(await second.exited, { code: 0, signal: null });
  assert.ok(systemd.texts.slice(heard).includes('STOPPING=1'));
});

async function answers(host: number): Promise<void> {
  const id = Math.floor(Math.random() * 1e9);
  const buffer = Buffer.alloc(4096);
  let said = '';
  writeAvailable(host, Buffer.from(`{"execute": "guest-sync", "arguments": {"id": ${id}}}\n`));
  await until(() => {
    said += buffer.toString('latin1', 0, readAvailable(host, buffer) ?? 0);
    return said.includes(`{"return": ${id}}`);
  }, 'the answer to guest-sync');
}
