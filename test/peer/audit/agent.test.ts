import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { logFiles } from '#system-agent/audit/folder.ts';
import { logLines } from '#system-agent/audit/lines.ts';
import { verifyLog } from '#system-agent/audit/verify.ts';
import { type RunningAgent, startAgentThrough, startConfinedAgent, startSystemAgent } from '#test/support/agents.ts';
import { temporaryFolder, without } from '#test/support/programs.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { until } from '#test/support/until.ts';

type Row = Readonly<Record<string, unknown>>;

const logOf = (agent: RunningAgent) => path.join(agent.folder, 'audit');
function textOf(folder: string): string {
  return logFiles(folder)
    .map((file) => readFileSync(file.path, 'utf8'))
    .join('');
}
const rows = (folder: string) =>
  textOf(folder)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

async function ask(client: RawClient, execute: string, args?: object): Promise<Row> {
  client.send(`${JSON.stringify({ execute, arguments: args })}\n`);
  const [line = ''] = await client.lines(1);
  return JSON.parse(line) as Row;
}

describe('the audit of a running agent', () => {
  it('has files that were opened and programs that were run, before and after, and only counts polls', async () => {
    using folder = temporaryFolder();
    const file = path.join(folder.path, 'note');
    const program = path.join(folder.path, 'true');
    writeFileSync(file, 'content of a file');
    symlinkSync('/bin/true', program);
    const state = path.join(folder.path, 'state');
    const agent = await startConfinedAgent(folder.path, state);
    using client = await RawClient.connect(agent.socket);
    for (let i = 0; i < 50; i++) await ask(client, 'guest-ping');
    const { return: handle } = await ask(client, 'guest-file-open', { path: file, mode: 'r' });
    for (let i = 0; i < 5; i++) await ask(client, 'guest-file-read', { handle, count: 4 });
    await ask(client, 'guest-file-open', { path: path.join(folder.path, 'absent') });
    const { return: started } = await ask(client, 'guest-exec', { path: program, arg: ['one', 'two'] });
    await agent[Symbol.asyncDispose]();

    const log = rows(path.join(state, 'audit')).map(({ at, hash, ...row }) => row);
    const requests = log.filter(({ kind }) => kind === 'request');
    assert.deepEqual(
      requests.map(({ door, connection, command }) => [door, connection, command]),
      [
        ['qga', 1, 'guest-file-open'],
        ['qga', 1, 'guest-file-read'],
        ['qga', 1, 'guest-file-open'],
        ['qga', 1, 'guest-exec'],
      ],
    );
    assert.deepEqual(requests[0]?.args, { path: file, mode: 'r' });
    const ends = requests.map(({ n }) => log.find(({ kind, of }) => kind === 'outcome' && of === n));
    assert.equal(ends[0]?.result, handle);
    assert.equal(ends[1]?.ok, true);
    assert.deepEqual([ends[2]?.ok, ends[2]?.error], [false, 'failed, ENOENT']);
    assert.deepEqual(ends[3]?.result, { pid: (started as Row).pid });
    const { counts } = log.find(({ kind }) => kind === 'counts') as { counts: Row };
    assert.deepEqual([counts['qga guest-ping'], counts[`qga guest-file-read handle=${handle}`]], [50, 4]);
    assert.equal(readFileSync(path.join(state, 'audit', 'audit.log'), 'utf8').includes('content of'), false);
  });

  it('has what was denied and by which rule', async () => {
    await using agent = await startSystemAgent('--demo');
    using client = await RawClient.connect(agent.socket);
    await ask(client, 'guest-shutdown');
    const denied = rows(logOf(agent)).find(({ kind }) => kind === 'denied');
    assert.deepEqual([denied?.command, denied?.reason], ['guest-shutdown', 'refused in demo mode']);
  });

  it('uga-audit-head tells where the chain ends, and an end that was told is an anchor', async () => {
    using folder = temporaryFolder();
    const state = path.join(folder.path, 'state');
    const heads: { count: number; hash: string }[] = [];
    for (let run = 0; run < 2; run++) {
      await using agent = await startConfinedAgent(folder.path, state);
      using client = await RawClient.connect(agent.socket);
      await ask(client, 'guest-file-open', { path: path.join(folder.path, 'absent') });
      const { return: head } = await ask(client, 'uga-audit-head');
      assert.equal((head as Row).waiting, 0);
      heads.push(head as { count: number; hash: string });
    }
    for (const head of heads) {
      assert.deepEqual((await verifyLog(logLines(path.join(state, 'audit')), head)).flaws, []);
    }
  });

  it('is whole after the agent was killed at work', async () => {
    using folder = temporaryFolder();
    const state = path.join(folder.path, 'state');
    for (let run = 0; run < 3; run++) {
      await using agent = await startConfinedAgent(folder.path, state);
      using client = await RawClient.connect(agent.socket);
      const open = { execute: 'guest-file-open', arguments: { path: path.join(folder.path, 'absent') } };
      client.send(`${JSON.stringify(open)}\n`.repeat(2_000));
      await client.lines(20);
      process.kill(agent.program.pid, 'SIGKILL');
      await until(() => !agent.program.running);
    }
    const { flaws, head } = await verifyLog(logLines(path.join(state, 'audit')), undefined);
    assert.deepEqual(flaws, []);
    assert.ok(head.count > 60, `${head.count}`);
  });

  it('without a folder hosts are served as before, and told that there is no log', async () => {
    using folder = temporaryFolder();
    const place = path.join(folder.path, 'a-file');
    writeFileSync(place, '');
    await using agent = await startSystemAgent('--audit', place);
    using client = await RawClient.connect(agent.socket);
    assert.deepEqual(await ask(client, 'guest-ping'), { return: {} });
    assert.match(JSON.stringify(await ask(client, 'guest-file-open', { path: '/x' })), /Generic/);
    assert.match(JSON.stringify(await ask(client, 'uga-audit-head')), /there is no audit log/);
    assert.match(agent.program.stderr, /the audit cannot be written/);
  });

  it('switched off there is none, nor its command', async () => {
    await using agent = await startSystemAgent('--audit', 'off');
    using client = await RawClient.connect(agent.socket);
    assert.match(JSON.stringify(await ask(client, 'uga-audit-head')), /has not been found/);
    assert.equal(existsSync(logOf(agent)), false);
  });

  it('on-failure=deny: what cannot be recorded is not done, polls are answered', async () => {
    using folder = temporaryFolder();
    const config = path.join(folder.path, 'uga.conf');
    writeFileSync(config, '[audit]\non-failure=deny\n');
    chmodSync(config, 0o600);
    const place = path.join(folder.path, 'a-file');
    writeFileSync(place, '');
    await using agent = await startSystemAgent('--audit', place, '--config', config);
    using client = await RawClient.connect(agent.socket);
    assert.deepEqual(await ask(client, 'guest-ping'), { return: {} });
    assert.match(
      JSON.stringify(await ask(client, 'guest-exec', { path: '/bin/true' })),
      /the audit log cannot be written/,
    );
    rmSync(place);
    await until(() => {
      client.send('{"execute":"guest-exec","arguments":{"path":"/bin/true"}}\n');
      return existsSync(path.join(place, 'audit.log'));
    });
  });
});

describe('a disk that is full', {
  skip: process.getuid?.() !== 0 ? 'namespaces need root' : without('unshare'),
}, () => {
  /** Runs what follows the folder with a small disk there that nobody else sees. */
  const SMALL_DISK = 'mount -t tmpfs -o size=4m none "$1"; folder=$1; shift; exec "$@" --audit "$folder"';

  it('takes no service from a host, and once there is room the log goes on and is whole', async () => {
    using folder = temporaryFolder();
    const place = path.join(folder.path, 'log');
    mkdirSync(place);
    await using agent = await startAgentThrough(
      ['unshare', '--mount', 'sh', '-ec', SMALL_DISK, 'sh', place],
      `below:${folder.path}`,
    );
    const log = `/proc/${agent.program.pid}/root${place}`;
    writeFileSync(path.join(log, 'filler'), Buffer.alloc(4000 * 1024));
    using client = await RawClient.connect(agent.socket);
    const open = { path: path.join(folder.path, 'absent') };
    await until(() => {
      client.send(`${JSON.stringify({ execute: 'guest-file-open', arguments: open })}\n`.repeat(50));
      return agent.program.stderr.includes('the audit cannot be written');
    });
    client.send(`${JSON.stringify({ execute: 'guest-sync', arguments: { id: 7 } })}\n`);
    await client.receive((received) => received.includes('{"return": 7}'));
    assert.match(JSON.stringify(await ask(client, 'guest-file-open', open)), /No such file/);
    assert.deepEqual((await verifyLog(logLines(log), undefined)).flaws, []);
    rmSync(path.join(log, 'filler'));
    await until(() => {
      client.send('{"execute":"guest-ping"}\n{"execute":"guest-file-open","arguments":{"path":"/absent"}}\n');
      return agent.program.stderr.includes('the audit is written again');
    });
    assert.deepEqual((await verifyLog(logLines(log), undefined)).flaws, []);
  });
});

describe('secrets', () => {
  it('are in no record and in no line of the log, whatever a host sends', async () => {
    using folder = temporaryFolder();
    const program = path.join(folder.path, 'cat');
    symlinkSync('/bin/cat', program);
    const state = path.join(folder.path, 'state');
    const config = path.join(folder.path, 'uga.conf');
    writeFileSync(config, '[log]\nlevel=debug\n', { mode: 0o600 });
    const secret = (what: string) => `hunter2-${what}`;
    const encoded = (what: string) => Buffer.from(secret(what)).toString('base64');
    const agent = await startConfinedAgent(folder.path, state, '--config', config);
    const written = path.join(folder.path, 'written');
    {
      using client = await RawClient.connect(agent.socket);
      const { return: handle } = await ask(client, 'guest-file-open', { path: written, mode: 'w+' });
      await ask(client, 'guest-file-write', { handle, 'buf-b64': encoded('file') });
      await ask(client, 'guest-file-seek', { handle, offset: 0, whence: 'set' });
      await ask(client, 'guest-file-read', { handle });
      const { return: started } = await ask(client, 'guest-exec', {
        path: program,
        arg: ['-', secret('argument')],
        env: [`S=${secret('environment')}`],
        'input-data': encoded('input'),
        'capture-output': true,
      });
      for (let tries = 0; tries < 100; tries++) {
        const { return: status } = await ask(client, 'guest-exec-status', started as object);
        if ((status as Row).exited) break;
      }
      const password = encoded('password');
      await ask(client, 'guest-set-user-password', { username: 'root', password, crypted: false });
      await ask(client, 'guest-set-user-password', { username: 'root', password, crypted: secret('type') });
      const keys = [`ssh-ed25519 ${encoded('key')}`];
      await ask(client, 'guest-ssh-add-authorized-keys', { username: 'root', keys });
      await ask(client, 'guest-ping', { [secret('member')]: secret('value') });
      await ask(client, secret('command'));
      await ask(client, 'guest-set-vcpus', { vcpus: [{ [secret('deep')]: secret('deeper') }] });
    }
    await agent[Symbol.asyncDispose]();
    const text = textOf(path.join(state, 'audit'));
    for (const command of [
      'guest-file-write',
      'guest-exec',
      'guest-set-user-password',
      'guest-ssh-add-authorized-keys',
    ]) {
      assert.ok(text.includes(`"command": "${command}"`), command);
    }
    assert.match(readFileSync(written, 'utf8'), /hunter2/); // it did get in
    for (const all of [text, agent.program.stderr]) {
      const found = all
        .split('\n')
        .filter(
          (line) => /hunter2/.test(line) || line.includes(Buffer.from('hunter2-').toString('base64').slice(0, 8)),
        );
      assert.deepEqual(found, []);
    }
  });
});
