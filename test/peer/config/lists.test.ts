import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { readConfiguration } from '#system-agent/config/read.ts';
import { objectionTo } from '#system-agent/config/restrictions.ts';
import { commands } from '#system-agent/qga/commands/index.ts';
import { fixtureFiles } from '#test/fakes/files.ts';
import { startOracle, startSystemAgent } from '#test/support/agents.ts';
import { askOracle } from '#test/support/oracle.ts';
import { temporaryFolder, without } from '#test/support/programs.ts';
import { exchange } from '#test/support/raw-client.ts';

const INFO = '{"execute":"guest-info"}';
const OURS = commands.map(({ name }) => name as string);
const scratch = temporaryFolder();
after(() => scratch[Symbol.dispose]());
const file = path.join(scratch.path, 'test.conf');

/** Each command that an answer to guest-info lists, and whether it is enabled. */
function listed(answer: Buffer): ReadonlyMap<string, boolean> {
  const { supported_commands: list } = JSON.parse(answer.toString('latin1')).return;
  return new Map((list as { name: string; enabled: boolean }[]).map(({ name, enabled }) => [name, enabled]));
}

/** Of the commands that both have, those that are enabled in the first. */
function enabled(one: ReadonlyMap<string, boolean>, other: { has(name: string): boolean }): string[] {
  return [...one.keys()].filter((name) => one.get(name) && other.has(name)).sort();
}

describe('the same lists enable the same commands of qemu-ga and of ours', { skip: without('qemu-ga') }, () => {
  const inFile = async (start: typeof startOracle, ask: typeof exchange) => {
    process.env.QGA_CONF = file;
    try {
      await using agent = await start();
      return listed(await ask(agent.socket, INFO));
    } finally {
      delete process.env.QGA_CONF;
    }
  };

  for (const text of [
    '',
    '[general]\nverbose=false\n',
    '[general]\nblock-rpcs=guest-ping\n',
    '[general]\nblock-rpcs=guest-ping,guest-shutdown,guest-exec,guest-file-open\n',
    '[general]\nblacklist=guest-get-users\n',
    '[general]\nblock-rpcs=guest-no-such-command\n',
    '[general]\nblock-rpcs=\n',
  ]) {
    it(`qemu-ga.conf ${JSON.stringify(text)}`, async () => {
      writeFileSync(file, text);
      const theirs = await inFile(startOracle, askOracle);
      const mine = await inFile(startSystemAgent, exchange);
      assert.deepEqual(enabled(mine, theirs), enabled(theirs, mine));
    });
  }

  it('qemu-ga takes one of several lists in its file; here all of them count', async () => {
    const lists = 'block-rpcs=guest-ping\nblock-rpcs=guest-get-time\nblacklist=guest-get-users\n';
    writeFileSync(file, `[general]\n${lists}`);
    const theirs = await inFile(startOracle, askOracle);
    const mine = await inFile(startSystemAgent, exchange);
    const names = ['guest-ping', 'guest-get-time', 'guest-get-users'];
    assert.equal(names.filter((name) => theirs.get(name)).length, 2);
    assert.deepEqual(
      enabled(mine, theirs),
      enabled(theirs, mine).filter((name) => !names.includes(name)),
    );
  });

  for (const options of [
    [],
    ['-b', 'guest-ping'],
    ['-bguest-ping,guest-get-time', '-v'],
    ['--block-rpcs=guest-ping', '--block-rpcs=guest-shutdown'],
    ['--blacklist', 'guest-get-users,guest-exec'],
    ['--block=guest-info-not,guest-get-osinfo'],
  ]) {
    it(`options in a unit: ${options.join(' ')}`, async () => {
      await using oracle = await startOracle(...options);
      const theirs = listed(await askOracle(oracle.socket, INFO));
      for (const tree of [
        {
          '/etc/systemd/system/qemu-guest-agent.service': `[Service]\nExecStart=-/usr/sbin/qemu-ga ${options.join(' ')}\n`,
        },
        { '/etc/default/qemu-guest-agent': `DAEMON_ARGS="${options.join(' ')}"\n` },
        { '/etc/sysconfig/qemu-ga': `FILTER_RPC_ARGS="${options.join(' ')}"\n` },
      ]) {
        const { restrictions } = readConfiguration({ files: fixtureFiles(tree), environment: {} });
        const mine = new Map(OURS.map((name) => [name, objectionTo(name, restrictions) === undefined]));
        assert.deepEqual(enabled(mine, theirs), enabled(theirs, mine));
      }
    });
  }
});

describe('lists of the running agent', () => {
  const ping = async (socket: string) => {
    const answer = JSON.parse((await exchange(socket, '{"execute":"guest-ping"}')).toString('latin1'));
    return answer.error?.desc ?? answer.return;
  };

  it('SIGHUP reads them again; a mistake leaves them as they were', async () => {
    writeFileSync(file, '[originals]\nhonour=no\n');
    await using agent = await startSystemAgent('--config', file);
    assert.deepEqual(await ping(agent.socket), {});

    const refusal = `Command guest-ping has been disabled: the command is not allowed (${file}:2: blocked)`;
    writeFileSync(file, '[qga]\nblock-rpcs=guest-ping\n[originals]\nhonour=no\n');
    agent.program.kill('SIGHUP');
    await agent.program.said(/the lists of commands were read again/);
    assert.equal(await ping(agent.socket), refusal);

    writeFileSync(file, '[qga]\nblock-rpcs=\nbogus=1\n');
    agent.program.kill('SIGHUP');
    await agent.program.said(/the lists of commands stay as they were/);
    assert.equal(await ping(agent.socket), refusal);
    assert.equal(listed(await exchange(agent.socket, INFO)).get('guest-ping'), false);
  });

  it('what is not understood is said at the start', async () => {
    writeFileSync(file, '[general]\nblock-rpcs=guest-file-*\n');
    process.env.QGA_CONF = file;
    try {
      await using agent = await startSystemAgent();
      await agent.program.said(/'guest-file-\*' is no name of a command/);
      assert.deepEqual(await ping(agent.socket), {});
    } finally {
      delete process.env.QGA_CONF;
    }
  });
});
