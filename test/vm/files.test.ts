import assert from 'node:assert/strict';
import { it } from 'node:test';
import { pidOf, product } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import { QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';
import { until } from './support/wait.ts';

/** Root, the umask, the folder, and nothing that our unit or Node has set for the agent alone. */
const FROM_US = `id -u; umask; mkdir /root/made; pwd
  cat /proc/self/oom_score_adj; ulimit -Sn; ulimit -Hn
  env | grep -E '^(MALLOC_ARENA_MAX|UV_THREADPOOL_SIZE|NOTIFY_SOCKET|RUNTIME_DIRECTORY)='; true`;

const b64 = (text: string) => Buffer.from(text).toString('base64');

it("files and programs of root in a guest: modes, owners, the umask and a reader's data", {
  skip: noGuests,
}, async () => {
  await using guest = await resumeGuest();
  await product.start(guest.shell);
  using host = await QgaClient.connect(guest.socketOf('qga'));

  const { return: handle } = await host.ask('guest-file-open', { path: '/root/new', mode: 'w' });
  await host.ask('guest-file-write', { handle, 'buf-b64': b64('from the host\n') });
  await host.ask('guest-file-close', { handle });
  assert.equal(await guest.shell.run('stat -c "%a %U:%G" /root/new; cat /root/new'), '666 root:root\nfrom the host');

  const { return: shadow } = await host.ask('guest-file-open', { path: '/etc/shadow' });
  const read = await host.ask('guest-file-read', { handle: shadow });
  const expected = await guest.shell.run('base64 -w0 /etc/shadow');
  assert.equal((read.return as { 'buf-b64': string })['buf-b64'], expected);

  const program = { path: 'sh', arg: ['-c', FROM_US], 'capture-output': true };
  const { return: started } = await host.ask('guest-exec', program);
  const { pid } = started as { pid: number };
  const ended = await until(30_000, 'the program to end', async () => {
    const { return: status } = await host.ask('guest-exec-status', { pid });
    return (status as { exited: boolean }).exited ? (status as { 'out-data': string; exitcode: number }) : undefined;
  });
  assert.equal(ended.exitcode, 0);
  assert.equal(Buffer.from(ended['out-data'], 'base64').toString(), '0\n0022\n/\n0\n1024\n524288\n');
  assert.equal(await guest.shell.run(`cat /proc/${await pidOf(guest.shell, product)}/oom_score_adj`), '-500');
  assert.equal(await guest.shell.run('stat -c %a /root/made'), '755');
});
