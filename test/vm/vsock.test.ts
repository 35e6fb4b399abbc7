import assert from 'node:assert/strict';
import { it } from 'node:test';
import { resumeGuest } from './guest/guest.ts';
import type { RootShell } from './guest/root-shell.ts';
import { noGuests } from './needs.ts';
import { until } from './support/wait.ts';

const PORT = 1234;
const PING = '{"execute":"guest-ping"}';
const PONG = '{"return": {}}';

/** A client of this machine, as there is no host here with a vsock: SOURCE-PORT (0 for any), TEXT; prints the first answer. */
const CLIENT = `
  my ($from, $text) = @ARGV;
  my $answer;
  socket(my $socket, 40, 1, 0) or die "socket: $!";
  !$from or bind($socket, pack("SSLLx4", 40, 0, $from, 0xffffffff)) or die "bind: $!";
  connect($socket, pack("SSLLx4", 40, 0, ${PORT}, 1)) or die "connect: $!";
  syswrite($socket, "$text\\n");
  print sysread($socket, $answer, 65536) ? $answer : "closed\\n";`;
const ask = (shell: RootShell, source: number, user = 'root') =>
  shell.run(`setpriv --reuid=${user} --clear-groups perl /run/client.pl ${source} '${PING}' 2>&1 || true`);

async function serve(shell: RootShell, program: string, ...wrapper: string[]): Promise<void> {
  const options = `-m vsock-listen -p 4294967295:${PORT} -t /run -f /run/lab.pid`;
  await shell.run(`systemd-run --quiet --collect --unit=lab-vsock ${wrapper.join(' ')} ${program} ${options}`);
  await until(20_000, 'the agent', async () => ((await ask(shell, 1000)) === PONG ? true : undefined));
}

it('vsock: root of the guest is served as by qemu-ga, a user is not', { skip: noGuests }, async (t) => {
  await using guest = await resumeGuest();
  const { shell } = guest;
  await shell.run(`modprobe vsock_loopback; cat >/run/client.pl <<'END'\n${CLIENT}\nEND\n`);

  await t.test("QEMU's qemu-ga serves everybody", async () => {
    await serve(shell, '/opt/originals/qemu-ga');
    assert.equal(await ask(shell, 1000), PONG);
    assert.equal(await ask(shell, 0, 'alice'), PONG);
    await shell.run('systemctl stop lab-vsock');
  });

  await t.test('ours refuses users, one client after the other', async () => {
    await serve(shell, '/usr/sbin/qemu-ga');
    for (let round = 0; round < 3; round++) {
      assert.equal(await ask(shell, 1000 - round), PONG);
      assert.equal(await ask(shell, 0, 'alice'), 'closed');
    }
    assert.match(await ask(shell, 1000, 'alice'), /bind: Permission denied/);
    await shell.run('systemctl stop lab-vsock');
  });

  await t.test('the socket can be opened by systemd', async () => {
    await serve(shell, '/usr/sbin/qemu-ga', 'systemd-socket-activate', `--listen=vsock::${PORT}`);
    assert.equal(await ask(shell, 1001), PONG);
    assert.equal(await ask(shell, 0, 'alice'), 'closed');
    await shell.run('systemctl stop lab-vsock');
  });
});
