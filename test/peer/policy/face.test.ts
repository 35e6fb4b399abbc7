import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { PolicyEngine } from '#system-agent/policy/engine.ts';
import { parsePolicy } from '#system-agent/policy/parse.ts';
import { PROFILE_NAMES } from '#system-agent/policy/profiles.ts';
import { ourProgram, safeEnvironment, startSystemAgent } from '#test/support/agents.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { exchange } from '#test/support/raw-client.ts';

const scratch = temporaryFolder();
after(() => scratch[Symbol.dispose]());
const file = path.join(scratch.path, 'policy.conf');
const empty = path.join(scratch.path, 'uga.conf');
writeFileSync(empty, '[originals]\nhonour=no\n');
beforeEach(() => rmSync(file, { force: true }));

function policy(...args: string[]) {
  const [program, ...face] = ourProgram('policy');
  const words = [...face, '--config', empty, '--policy', file, ...args];
  const { status, stdout, stderr } = spawnSync(program, words, {
    env: safeEnvironment(),
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}
const write = (text: string) => writeFileSync(file, text);

describe('uga policy', () => {
  for (const [args, complaint] of [
    [[], /is missing/],
    [['mend'], /'mend' is none of check, explain, apply, show/],
    [['explain'], /REQUEST is missing/],
    [['apply'], /PROFILE is missing/],
    [['check', 'x'], /unexpected argument 'x'/],
    [['apply', 'most'], /'most' is no profile/],
    [['explain', '{"execute":'], /REQUEST is no JSON object/],
    [['explain', '{"execute":1}'], /'execute' must be a string/],
    [['explain', '--door', 'ovirt', '{"execute":"x"}'], /lacks the member '__name__'/],
    [['explain', '--door', 'x', 'y'], /'x' is no door/],
  ] as const) {
    it(`${args.join(' ')}: the usage on stderr and exit 2`, () => {
      const { status, stdout, stderr } = policy(...args);
      assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
      assert.match(stderr, complaint);
    });
  }

  it('check says what is wrong, with file, line and key', () => {
    assert.deepEqual(policy('check'), { status: 0, stdout: '', stderr: '' });
    write('[policy]\nprofile=most\n[deny x]\ncommand=guest-exce\n');
    const { status, stdout } = policy('check');
    assert.equal(status, 1);
    assert.match(stdout, /policy\.conf:2: \[policy\] profile: 'most' is no profile/);
    assert.match(stdout, /policy\.conf:4: \[deny x\] command: there is no command 'guest-exce'/);
    assert.equal(JSON.parse(policy('check', '--json').stdout).problems.length, 2);
  });

  it('explain says what decides, at each door', () => {
    write('[policy]\nprofile=observe\n[allow srv]\nclass=files\npath=/srv\nmode=read\n');
    const open = (name: string) => JSON.stringify({ execute: 'guest-file-open', arguments: { path: name } });
    for (const [args, status, text] of [
      [['guest-ping'], 0, `allow: profile observe (${file}:2)\n`],
      [['guest-exec'], 1, `deny: profile observe (${file}:2)\n`],
      [['guest-no'], 1, 'deny: no policy knows this command\n'],
      [[open('/etc/shadow')], 1, `deny: the path is not allowed: [allow srv] (${file}:3)\n`],
      [['--door', 'ovirt', '{"__name__":"lock-screen"}'], 1, `deny: profile observe (${file}:2)\n`],
      [['--door', 'vdagent', 'clipboard-grab'], 1, `deny: profile observe (${file}:2)\n`],
    ] as const) {
      assert.deepEqual(policy('explain', ...args), { status, stdout: text, stderr: '' });
    }
    assert.deepEqual(JSON.parse(policy('explain', '--json', 'guest-ping').stdout).allowed, true);
  });

  it('explain follows the path as an open would, and opens nothing', () => {
    const folder = path.join(scratch.path, 'place');
    spawnSync('mkdir', ['-p', folder]);
    writeFileSync(path.join(folder, 'file'), '');
    symlinkSync('/etc/shadow', path.join(folder, 'link'));
    write(`[allow p]\ncommand=guest-file-open\npath=${folder}\n`);
    const ask = (name: string) =>
      policy('explain', JSON.stringify({ execute: 'guest-file-open', arguments: { path: path.join(folder, name) } }));
    assert.equal(ask('file').status, 0);
    assert.match(ask('link').stdout, /^deny: a symbolic link is not followed: \[allow p\]/);
    assert.equal(ask('to-be-made').status, 0);
  });

  it('explain knows the lists of uga.conf, which no policy opens', () => {
    const other = path.join(scratch.path, 'lists.conf');
    writeFileSync(other, '[qga]\nblock-rpcs=guest-ping\n[originals]\nhonour=no\n');
    const [program, ...face] = ourProgram('policy');
    const words = [...face, '--config', other, '--policy', file, 'explain', 'guest-ping'];
    const { status, stdout } = spawnSync(program, words, { env: safeEnvironment(), encoding: 'utf8' });
    assert.deepEqual([status, stdout], [1, `deny: the command is not allowed (${other}:2: blocked)\n`]);
  });

  it('show tells profile, rules and what is denied', () => {
    write('[policy]\nprofile=backup-only\n[deny x]\nclass=storage\n');
    const { status, stdout } = policy('show');
    assert.equal(status, 0);
    assert.match(stdout, /^profile backup-only \(.*:2\)\n\[deny x\] \(.*:3\)\n/);
    assert.match(stdout, /guest-get-disks, guest-get-diskstats, guest-get-fsinfo, MOUNTS_CHANGED: \[deny x\]/);
    assert.match(stdout, /Denied at the door vdagent:/);
    assert.equal(JSON.parse(policy('show', '--json').stdout).doors.length, 3);
  });
});

describe('uga policy apply', () => {
  for (const profile of PROFILE_NAMES) {
    it(`${profile} --dry-run says what it would write, and writes nothing`, () => {
      const { status, stdout, stderr } = policy('apply', profile, '--dry-run');
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      assert.match(stdout, new RegExp(`^${file} would be written: profile ${profile}, 0 rules kept`));
      assert.doesNotMatch(stdout, /MemoryDenyWriteExecute|ProtectClock|DeviceAllow/);
      const confined = ['desktop', 'minimal', 'confidential'].includes(profile);
      assert.equal(stdout.includes('ProtectSystem=strict'), confined);
      assert.deepEqual(readdirSync(scratch.path).includes('policy.conf'), false);
    });
  }

  it('leaves the state writable where the configuration has put it', () => {
    const other = path.join(scratch.path, 'state.conf');
    writeFileSync(other, '[state]\ndirectory=/srv/uga\n[originals]\nhonour=no\n');
    const [program, ...face] = ourProgram('policy');
    const words = [...face, '--config', other, '--policy', file, 'apply', 'minimal', '--dry-run'];
    const { stdout } = spawnSync(program, words, { env: safeEnvironment(), encoding: 'utf8', timeout: 20_000 });
    assert.match(stdout, /ReadWritePaths="-\/srv\/uga"\n/);
    assert.doesNotMatch(policy('apply', 'minimal', '--dry-run').stdout, /ReadWritePaths/);
  });
});

const INFO = '{"execute":"guest-info"}';

describe('the running agent', () => {
  const enabled = async (socket: string) => {
    const { return: info } = JSON.parse((await exchange(socket, INFO)).toString('latin1'));
    return new Map(
      (info.supported_commands as { name: string; enabled: boolean }[]).map((one) => [one.name, one.enabled]),
    );
  };
  const errorOf = async (socket: string, request: string) =>
    JSON.parse((await exchange(socket, request)).toString('latin1')).error;

  it('follows each profile, read again by SIGHUP; a mistake leaves the last', async () => {
    write('');
    await using agent = await startSystemAgent('--config', empty, '--policy', file);
    for (const profile of [...PROFILE_NAMES, 'full'] as const) {
      const text = `[policy]\nprofile=${profile}\n`;
      write(text);
      const before = agent.program.stderr.length;
      agent.program.kill('SIGHUP');
      await agent.program.said(new RegExp(`the policy was read again.*"?profile"?[:=] ?"?${profile}`), before);
      const engine = new PolicyEngine(parsePolicy(text, file).policy, () => 0);
      for (const [name, isEnabled] of await enabled(agent.socket)) {
        assert.equal(isEnabled, engine.enabled('qga', name).allowed, `${profile}: ${name}`);
      }
    }
    write('[policy]\nprofile=confidential\nnonsense\n');
    agent.program.kill('SIGHUP');
    await agent.program.said(/the policy is not understood and stays as it was/);
    assert.equal((await enabled(agent.socket)).get('guest-exec'), true);
  });

  it('starts with a policy that is not understood, and denies with the reason', async () => {
    write('[policy]\nprofile=most\n');
    await using agent = await startSystemAgent('--config', empty, '--policy', file);
    assert.deepEqual(await errorOf(agent.socket, '{"execute":"guest-exec","arguments":{"path":"/bin/true"}}'), {
      class: 'CommandNotFound',
      desc: `Command guest-exec has been disabled: the policy is not understood: ${file}:2: [policy] profile: 'most' is no profile; expected ${PROFILE_NAMES.join(', ')}`,
    });
    assert.equal(await errorOf(agent.socket, '{"execute":"guest-ping"}'), undefined);
  });
});
