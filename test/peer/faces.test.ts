import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { DEFAULTS } from '#system-agent/config/config.ts';
import { ourProgram, safeEnvironment, startQemuGaFace, startSystemAgent } from '#test/support/agents.ts';
import { Program, temporaryFolder, without } from '#test/support/programs.ts';
import { newerThan } from '#test/support/qemu-release.ts';
import { exchange } from '#test/support/raw-client.ts';

function call(argv: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const [file = '', ...args] = argv;
  const { status, stdout, stderr } = spawnSync(file, args, {
    env: { ...safeEnvironment(), ...environment },
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}
const scratch = temporaryFolder();
after(() => scratch[Symbol.dispose]());

/** The system agent with one door, and nothing where the machine's own agent would have it. */
const alone = (): [string, ...string[]] => [
  ...ourProgram('system-agent'),
  ...['--ovirt', 'off', '--vdagent', 'off', '--uinput', 'off', '--link', path.join(scratch.path, 'link.sock')],
  ...['--control', path.join(scratch.path, 'control.sock')],
];
const uga = (...args: string[]) => call([process.execPath, 'dist/uga.js', ...args]);

describe('uga', () => {
  it('--help lists the faces that work, --version names the build', () => {
    const help = uga('--help');
    assert.equal(help.status, 0);
    for (const face of [
      'system-agent',
      'session-agent',
      'qemu-ga',
      'config',
      'audit',
      'status',
      'doctor',
      'host',
      'demo',
    ])
      assert.match(help.stdout, new RegExp(`^ +${face} `, 'm'));
    assert.match(uga('--version').stdout, /^uga \d+\.\d+\.\d+ \([0-9a-f]{12}|unknown\)\n$/);
  });

  for (const args of [[], ['nonsense'], ['--nonsense']]) {
    it(`'${args.join(' ')}' prints the usage on stderr and exits 2`, () => {
      const result = uga(...args);
      assert.equal(result.status, 2);
      assert.equal(result.stdout, '');
      assert.match(result.stderr, /^Usage: /m);
    });
  }

  for (const face of [
    'system-agent',
    'session-agent',
    'qemu-ga',
    'config',
    'audit',
    'status',
    'doctor',
    'host',
    'demo',
  ]) {
    it(`${face} --help exits 0 and writes only to stdout`, () => {
      const result = uga(face, '--help');
      assert.equal(result.status, 0, result.stderr);
      assert.match(result.stdout, /^Usage: /);
      assert.equal(result.stderr, '');
    });
  }

  for (const args of [['--link', 'relative.sock'], ['--log-level', 'loud'], ['stray']]) {
    it(`session-agent ${args.join(' ')} prints the usage on stderr and exits 2`, () => {
      const result = uga('session-agent', ...args);
      assert.equal(result.status, 2);
      assert.match(result.stderr, /Usage: uga session-agent/);
    });
  }
});

describe('uga system-agent', () => {
  for (const [options, complaint] of [
    [['--nonsense'], /unknown option '--nonsense'/],
    [['stray'], /unexpected argument 'stray'/],
    [['--qga', 'carrier-pigeon:x'], /channel 'carrier-pigeon:x': expected virtio:NAME/],
    [['--qga', 'virtio:../../etc/passwd'], /not the name of a virtio-serial port/],
    [['--qga', `unix-listen:/${'x'.repeat(107)}`], /longer than the 107 bytes/],
    [['--ovirt', 'virtio:'], /channel 'virtio:': not the name/],
    [['--vdagent', 'serial:'], /channel 'serial:': a path must follow/],
    [['--link', 'link.sock'], /'link.sock' is not an absolute path/],
    [['--uinput', 'fake:'], /uinput 'fake:': expected auto \| off \| fake:PATH/],
    [['--log-level', 'loud'], /'loud' is no log level/],
    [['--state-dir', 'relative'], /'relative' is not an absolute path/],
    [['--config', '/nonexistent/uga.conf'], /\/nonexistent\/uga.conf: no such file/],
  ] as const) {
    it(`${options.join(' ').slice(0, 60)}: a clear complaint and exit 2`, () => {
      const result = uga('system-agent', ...options);
      assert.equal(result.status, 2);
      assert.match(result.stderr, complaint);
      assert.match(result.stderr, /^Usage: uga system-agent/m);
    });
  }

  it('--dump-config prints what is in force, and what it prints can be read again', () => {
    using folder = temporaryFolder();
    const file = path.join(folder.path, 'uga.conf');
    writeFileSync(file, '[channels]\nqga=off\n[link]\nallow-uid=0,1000\n[log]\nlevel=warn\n[originals]\nhonour=no\n');
    mkdirSync(`${file}.d`);
    writeFileSync(`${file}.d/10-a.conf`, '[log]\nlevel=debug\n');
    writeFileSync(`${file}.d/ignored.txt`, 'nonsense');
    const first = uga('system-agent', '--config', file, '--state-dir', '/srv/state', '--dump-config');
    assert.equal(first.status, 0, first.stderr);
    assert.equal(
      first.stdout,
      [
        '[channels]\nqga=off\novirt=virtio:ovirt-guest-agent.0\nvdagent=virtio:com.redhat.spice.0\n',
        '[qga]\nblock-rpcs=\nallow-rpcs=*\n',
        '[policy]\nfile=/etc/uga/policy.conf\n',
        '[ovirt]\nheart_beat_rate=5\nreport_user_rate=10\nreport_num_cpu_rate=60\nreport_application_rate=120\n' +
          `report_disk_usage=300\napplications_list=${DEFAULTS.applicationsList.join(' ')}\n` +
          `ignored_fs=${DEFAULTS.ignoredFileSystems.join(' ')}\nignore_zero_size_fs=yes\nignored_nics=docker0\n` +
          'hooks-directory=/etc/uga/lifecycle.d\n',
        '[freeze]\nlease=600\nhook=auto\nhook-timeout=60\nhooks-directory=/etc/uga/freeze.d\n',
        '[link]\npath=/run/uga/link.sock\nallow-uid=0;1000\n',
        '[session]\nlocker=\nlogoff-grace=30\nnotices=no\n',
        '[spice]\non-disconnect=none\n',
        '[pointer]\nuinput=auto\n',
        '[clipboard]\ndirection=both\nkinds=text, images\nmax-size=100\nmax-text-size=100\n',
        '[monitors]\nfollow=auto\n',
        '[effects]\nreduce=yes\n',
        '[files]\nfolder=download\nwhen-done=notify\n',
        '[control]\npath=/run/uga/control.sock\n',
        '[state]\ndirectory=/srv/state\n',
        '[audit]\ndirectory=/srv/state/audit\non-failure=continue\nfile-size=8\nfiles=8\n',
        '[sso]\nenabled=auto\nother-user=refuse\n',
        '[log]\nlevel=debug\n',
        '[originals]\nhonour=no\n',
      ].join('\n'),
    );
    writeFileSync(path.join(folder.path, 'again.conf'), first.stdout);
    const again = uga('system-agent', '--config', path.join(folder.path, 'again.conf'), '--dump-config');
    assert.equal(again.stdout, first.stdout);
  });

  it('without options it would open the standard virtio ports', () => {
    const dump = uga('system-agent', '--dump-config').stdout;
    assert.match(dump, /^qga=virtio:org\.qemu\.guest_agent\.0$/m);
    assert.match(dump, /^ovirt=virtio:ovirt-guest-agent\.0$/m);
    assert.match(dump, /^vdagent=virtio:com\.redhat\.spice\.0$/m);
  });

  for (const [text, complaint] of [
    ['[channels]\nqag=off\n', /uga\.conf:2: \[channels\] qag: unknown key/],
    ['[channels]\nqga=off\n[log]\nlevel=loud\n', /uga\.conf:4: \[log\] level: 'loud' is no log level/],
    ['qga=off\n', /uga\.conf:1: key 'qga' stands before any \[group\]/],
  ] as const) {
    it(`a configuration error names file, line and key: ${complaint.source}`, () => {
      using folder = temporaryFolder();
      const file = path.join(folder.path, 'uga.conf');
      writeFileSync(file, text);
      const result = uga('system-agent', '--config', file, '--dump-config');
      assert.equal(result.status, 2);
      assert.match(result.stderr, complaint);
    });
  }

  it('a missing port is waited for with one line, and SIGTERM ends it with 0', async () => {
    await using agent = new Program([...alone(), '--qga', 'virtio:org.example.missing.0'], safeEnvironment());
    await agent.said(/state=missing/);
    agent.kill('SIGTERM');
    assert.deepEqual(await agent.exited, { code: 0, signal: null });
    assert.equal(agent.stderr.match(/state=missing/g)?.length, 1);
  });

  it('a socket that cannot be listened on ends it with 1 and the reason', () => {
    const result = call([...alone(), '--qga', 'unix-listen:/nonexistent/x.sock']);
    assert.equal(result.status, 1);
    assert.match(result.stderr, /cannot listen on \/nonexistent\/x\.sock: ENOENT/);
  });

  it('--demo refuses what changes the machine and lists it as not enabled', async () => {
    await using agent = await startSystemAgent('--demo');
    const answer = (await exchange(agent.socket, '{"execute":"guest-shutdown"}{"execute":"guest-info"}')).toString();
    assert.match(answer, /Command guest-shutdown has been disabled: refused in demo mode/);
    assert.match(answer, /\{"name": "guest-shutdown", "enabled": false, "success-response": false\}/);
  });

  it('started for tests, not even an allowed shutdown reaches the machine', async () => {
    await using agent = await startSystemAgent();
    const answer = (await exchange(agent.socket, '{"execute":"guest-shutdown"}{"execute":"guest-ping"}')).toString();
    assert.equal(
      answer,
      '{"error": {"class": "GenericError", "desc": "changes to this machine are switched off"}}\n{"return": {}}\n',
    );
  });

  it('two agents do not share a socket, and a stale one is taken over', async () => {
    await using first = await startSystemAgent();
    const second = call([...alone(), '--qga', `unix-listen:${first.socket}`]);
    assert.equal(second.status, 1);
    assert.match(second.stderr, /another agent listens there/);
    first.program.kill('SIGKILL');
    await first.program.exited;
    await using third = new Program([...alone(), '--qga', `unix-listen:${first.socket}`], safeEnvironment());
    await third.said(/ready/);
    assert.match((await exchange(first.socket, '{"execute":"guest-ping"}')).toString(), /return/);
  });
});

describe('uga qemu-ga behaves like qemu-ga on its command line', { skip: without('qemu-ga') }, () => {
  const theirs = (args: readonly string[], environment?: NodeJS.ProcessEnv) => call(['qemu-ga', ...args], environment);
  const mine = (args: readonly string[], environment?: NodeJS.ProcessEnv) =>
    call([...ourProgram('qemu-ga'), ...args], environment);

  for (const args of [['--foo'], ['-x'], ['--meth'], ['-l'], ['--ver'], ['--daemonize=yes'], ['-d=1']]) {
    it(`${args.join(' ')}: same complaint, same exit code`, () => {
      const [ours, original] = [mine(args), theirs(args)];
      assert.equal(ours.status, original.status);
      // The original's second line goes to stdout.
      assert.equal(ours.stderr, original.stderr + original.stdout);
    });
  }

  for (const args of [
    ['-m', 'pigeon', '-p', '/nonexistent/x', '-t', '/tmp'],
    ['-m', 'unix-listen', '-t', '/tmp'],
    ['-m', 'unix-listen', '-p', '/nonexistent/x', '-t', '/tmp'],
  ]) {
    it(`${args.join(' ')}: exit code 1 from both`, () => {
      const ours = mine(args);
      assert.equal(ours.status, 1);
      assert.notEqual(ours.stderr, '');
      assert.equal(theirs(args).status, 1);
    });
  }

  const files: Readonly<Record<string, string>> = {
    none: '',
    lists: '[general]\nverbose=true\nblock-rpcs=guest-ping;guest-get-time\nmethod=unix-listen\npath=/tmp/x.sock\n',
    old: '[general]\nblacklist=guest-ping\n',
    other: '# c\n[general]\nunknown=1\nretry-path=1\nstatedir=/srv/x\n[elsewhere]\nverbose=maybe\n',
  };
  for (const [name, text] of Object.entries(files)) {
    for (const args of [
      ['-D'],
      ['-D', '-v', '-l', '/tmp/log', '-F', '-t', '/x', '-r'],
      ['-D', '-F/a/b', '-b', 'guest-info'],
    ]) {
      it(`configuration '${name}', ${args.join(' ')}: same dump, but for the newer allow list`, () => {
        using folder = temporaryFolder();
        const file = path.join(folder.path, 'qemu-ga.conf');
        writeFileSync(file, text);
        const ours = mine(args, { QGA_CONF: file });
        assert.equal(ours.stdout.replace('allow-rpcs=\n', ''), theirs(args, { QGA_CONF: file }).stdout);
        assert.equal(ours.status, 0);
      });
    }
  }

  for (const text of ['[general]\nverbose=maybe\n', 'verbose=true\n', '[general]\nnonsense\n']) {
    it(`a broken file ends both with 1: ${JSON.stringify(text)}`, () => {
      using folder = temporaryFolder();
      const file = path.join(folder.path, 'qemu-ga.conf');
      writeFileSync(file, text);
      assert.equal(mine(['-D'], { QGA_CONF: file }).status, 1);
      assert.equal(theirs(['-D'], { QGA_CONF: file }).status, 1);
    });
  }

  it('--config names a file that must exist; without it a missing one is fine', () => {
    assert.equal(mine(['-D', '-c', '/nonexistent/x']).status, 1);
    assert.equal(mine(['-D'], { QGA_CONF: '/nonexistent/x' }).status, 0);
  });

  it('-b help lists every command, one a line', () => {
    const ours = mine(['-b', 'help']);
    assert.equal(ours.status, 0);
    const known = new Set(theirs(['-b', 'help']).stdout.trim().split('\n'));
    const [release = ''] = /\d+\.\d+/.exec(theirs(['-V']).stdout) ?? [];
    const newer = newerThan(release);
    for (const name of ours.stdout.trim().split('\n')) assert.ok(known.has(name) || newer.has(name), name);
  });

  it('--version begins as hosts and scripts expect', () => {
    assert.match(mine(['-V']).stdout, /^QEMU Guest Agent \d+\.\d+\.\d+ /);
  });

  it('lists from file and options are in force together, and both separators work', async () => {
    using folder = temporaryFolder();
    const file = path.join(folder.path, 'qemu-ga.conf');
    writeFileSync(file, '[general]\nblock-rpcs=guest-ping;guest-get-time\n');
    await using agent = await startQemuGaFace('-c', file, '-b', 'guest-get-osinfo');
    const ask = async (command: string) => (await exchange(agent.socket, `{"execute":"${command}"}`)).toString();
    for (const command of ['guest-ping', 'guest-get-time', 'guest-get-osinfo']) {
      assert.match(await ask(command), new RegExp(`Command ${command} has been disabled: the command is not allowed`));
    }
    assert.match(await ask('guest-get-host-name'), /return/);
  });

  it('an allow list leaves the rest out, and blocking wins', async () => {
    await using agent = await startQemuGaFace('-a', 'guest-ping,guest-sync', '-b', 'guest-sync');
    const ask = async (request: string) => (await exchange(agent.socket, request)).toString();
    assert.match(await ask('{"execute":"guest-ping"}'), /return/);
    assert.match(await ask('{"execute":"guest-sync","arguments":{"id":1}}'), /not allowed/);
    assert.match(await ask('{"execute":"guest-get-time"}'), /not allowed/);
  });

  it('answers single-quoted requests without a newline', async () => {
    await using agent = await startQemuGaFace();
    assert.equal((await exchange(agent.socket, "{'execute': 'guest-ping'}")).toString(), '{"return": {}}\n');
  });

  it('-l appends the log to a file', async () => {
    using folder = temporaryFolder();
    const log = path.join(folder.path, 'log');
    writeFileSync(log, 'before\n');
    await using agent = await startQemuGaFace('-v', '-l', log);
    await exchange(agent.socket, '{"execute":"guest-ping"}');
    const { readFileSync } = await import('node:fs');
    assert.match(readFileSync(log, 'utf8'), /^before\n[\s\S]*command=guest-ping/);
  });
});
