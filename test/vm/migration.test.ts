import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type AgentUnit, original, product, stopAgent } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import type { Machine } from './guest/machine.ts';
import { QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';

const DROP_IN = '/etc/systemd/system/qemu-guest-agent.service.d/local.conf';
const execStart = (words: string) => `ExecStart=\nExecStart=-/usr/sbin/qemu-ga ${words}\n`;

/** What an administrator wrote for qemu-ga, by place. systemd itself and the real qemu-ga say what it means. */
const SITUATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "qemu-ga's own file": { '/etc/qemu/qemu-ga.conf': '[general]\nblock-rpcs=guest-ping,guest-get-time\n' },
  'a drop-in with options': {
    [DROP_IN]: `[Service]\n${execStart('"--block-rpcs=guest-ping" -b\\x67uest-get-time -v')}`,
  },
  'a drop-in with variables, words and quotes': {
    [DROP_IN]: `[Service]\nEnvironment=ONE=guest-ping "MORE=-b guest-get-users -b 'guest-get-time'"\n${execStart(
      `-b \${ONE} $MORE \\\n# a comment\n  --block-rpcs=x,\${ONE}`,
    )}`,
  },
  "Debian's file through a drop-in": {
    '/etc/default/qemu-guest-agent': 'DAEMON_ARGS="--block-rpcs=guest-ping,guest-get-osinfo"\n',
    [DROP_IN]: `[Service]\nEnvironmentFile=-/etc/default/qemu-guest-agent\n${execStart('$DAEMON_ARGS')}`,
  },
  "Red Hat's file and unit": {
    '/etc/sysconfig/qemu-ga':
      '# a list\nBLACKLIST_RPC=guest-ping,guest-get-users\nFILTER_RPC_ARGS="--block-rpcs=guest-get-time"\nFSFREEZE_HOOK_PATHNAME=/etc/qemu/fsfreeze-hook\n',
    [DROP_IN]: `[Service]\nEnvironmentFile=/etc/sysconfig/qemu-ga\n${execStart(
      `\\\n  --path=/dev/virtio-ports/org.qemu.guest_agent.0 \\\n  --blacklist=\${BLACKLIST_RPC} \\\n  \${FILTER_RPC_ARGS} \\\n  -F\${FSFREEZE_HOOK_PATHNAME}`,
    )}`,
  },
};

it("qemu-ga's lists hold after a change of agents, wherever they stand", { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  for (const [situation, files] of Object.entries(SITUATIONS)) {
    for (const [file, text] of Object.entries(files)) await write(guest, file, text);
    await guest.shell.run('systemctl daemon-reload');
    const theirs = await commandsOf(original, guest);
    const mine = await commandsOf(product, guest);
    const common = [...mine.keys()].filter((name) => theirs.has(name));
    assert.ok(common.includes('guest-ping'), situation);
    for (const name of common) assert.equal(mine.get(name), theirs.get(name), `${situation}: ${name}`);
    assert.equal(theirs.get('guest-ping'), false, situation);
    for (const file of Object.keys(files)) await guest.shell.run(`rm ${file}`);
  }
});

async function write(guest: Machine, file: string, text: string): Promise<void> {
  const bytes = Buffer.from(text).toString('base64');
  await guest.shell.run(`mkdir -p $(dirname ${file}) && echo ${bytes} | base64 -d > ${file}`);
}

/** Every command and whether it is enabled. */
async function commandsOf(agent: AgentUnit, guest: Machine): Promise<ReadonlyMap<string, boolean>> {
  await agent.start(guest.shell);
  using host = await QgaClient.connect(guest.socketOf('qga'));
  const { return: info } = (await host.ask('guest-info')) as {
    return: { supported_commands: { name: string; enabled: boolean }[] };
  };
  host[Symbol.dispose]();
  await stopAgent(guest.shell, agent);
  return new Map(info.supported_commands.map(({ name, enabled }) => [name, enabled]));
}
