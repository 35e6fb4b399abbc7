import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { product } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import { installPackage, packageFile } from './guest/installed.ts';
import { QgaClient } from './guest/qga-client.ts';
import type { RootShell } from './guest/root-shell.ts';
import { noDesktop } from './needs.ts';
import { run } from './support/process.ts';

const DROP_IN = '/etc/systemd/system/qemu-guest-agent.service.d/local.conf';
const execStart = (words: string) => `ExecStart=\nExecStart=-/usr/sbin/qemu-ga ${words}\n`;

type Files = Readonly<Record<string, string>>;

/** What an administrator wrote for qemu-ga, by place. systemd itself and the real qemu-ga say what it means. */
const SITUATIONS: Readonly<Record<string, Files>> = {
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

const HOOKS = ['/etc/qemu/fsfreeze-hook', '/etc/qemu/fsfreeze-hook.d/10-database'];

it("Debian's qemu-guest-agent and spice-vdagent give way to the package, and what they were forbidden stays forbidden", {
  skip: noDesktop,
}, async () => {
  const payload = await packagesWithOriginals();
  await using _ = { [Symbol.asyncDispose]: () => rm(payload, { recursive: true }) };
  // The image with a desktop has the libraries that spice-vdagent needs.
  await using guest = await resumeGuest({ image: 'desktop', installed: false, payload });
  const { shell } = guest;
  await shell.run('dpkg --install /opt/uga/qemu-guest-agent_*.deb /opt/uga/spice-vdagent_*.deb');
  for (const hook of HOOKS) await write(shell, hook, '#!/bin/sh\nexit 0\n', 'a+x');

  const theirs = new Map<string, Commands>();
  for (const [situation, files] of Object.entries(SITUATIONS)) {
    theirs.set(situation, await inSituation(shell, files, () => commandsBy('qemu-guest-agent.service')));
    assert.equal(theirs.get(situation)?.get('guest-ping'), false, situation);
  }

  await installPackage(shell);
  const selections = await shell.run('dpkg --get-selections');
  for (const original of ['qemu-guest-agent', 'spice-vdagent']) {
    assert.doesNotMatch(selections, new RegExp(`^${original}\\s+install$`, 'm'));
  }
  const check = await shell.try('uga config check');
  assert.equal(check.status, 0, check.stdout + check.stderr);
  for (const [situation, files] of Object.entries(SITUATIONS)) {
    const mine = await inSituation(shell, files, () => commandsBy(product.unit));
    const before = theirs.get(situation) ?? new Map();
    const common = [...mine.keys()].filter((name) => before.has(name));
    assert.ok(common.includes('guest-ping') && common.includes('guest-exec'), situation);
    for (const name of common) assert.equal(mine.get(name), before.get(name), `${situation}: ${name}`);
  }

  const shown = await shell.run('uga config show');
  for (const hook of HOOKS) {
    assert.equal(await shell.run(`stat -c %A ${hook} | cut -c4`), 'x');
    assert.ok(shown.includes(hook), `${hook} is found: ${shown}`);
  }

  async function commandsBy(unit: string): Promise<Commands> {
    await shell.run(`systemctl restart ${unit}`);
    using host = await QgaClient.connect(guest.socketOf('qga'));
    const { return: info } = (await host.ask('guest-info')) as {
      return: { supported_commands: { name: string; enabled: boolean }[] };
    };
    host[Symbol.dispose]();
    await shell.run(`systemctl stop ${unit}`);
    return new Map(info.supported_commands.map(({ name, enabled }) => [name, enabled]));
  }
});

/** Every command and whether it is enabled. */
type Commands = ReadonlyMap<string, boolean>;

async function inSituation<T>(shell: RootShell, files: Files, act: () => Promise<T>): Promise<T> {
  for (const [file, text] of Object.entries(files)) await write(shell, file, text);
  await shell.run('systemctl daemon-reload');
  const result = await act();
  for (const file of Object.keys(files)) await shell.run(`rm ${file}`);
  await shell.run('systemctl daemon-reload');
  return result;
}

async function write(shell: RootShell, file: string, text: string, mode = 'u=rw,go=r'): Promise<void> {
  const bytes = Buffer.from(text).toString('base64');
  await shell.run(`mkdir -p $(dirname ${file}) && echo ${bytes} | base64 -d > ${file} && chmod ${mode} ${file}`);
}

/** A folder with our package and those that it replaces, as the host's apt has them. */
async function packagesWithOriginals(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'uga-migration-'));
  await cp(packageFile(), path.join(folder, path.basename(packageFile())));
  await run('sh', ['-c', 'cd "$1" && apt-get download --quiet qemu-guest-agent spice-vdagent', 'sh', folder]);
  return folder;
}
