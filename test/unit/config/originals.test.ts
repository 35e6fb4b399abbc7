import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { formatProblem } from '#system-agent/config/findings.ts';
import { readConfiguration } from '#system-agent/config/read.ts';
import { objectionTo } from '#system-agent/config/restrictions.ts';
import { fixtureFiles } from '#test/fakes/files.ts';

const CONF = '/etc/qemu/qemu-ga.conf';
const DEBIAN = '/etc/default/qemu-guest-agent';
const SYSCONFIG = '/etc/sysconfig/qemu-ga';
const UNIT = '/etc/systemd/system/qemu-guest-agent.service';
const DROP_IN = '/etc/systemd/system/qemu-guest-agent.service.d/local.conf';
const VENDOR_UNIT = '/usr/lib/systemd/system/qemu-guest-agent.service';

/** What our package has under the old name, as installed: also found by the name that /lib has for /usr/lib. */
const STAND_IN = Object.fromEntries(
  [VENDOR_UNIT, `${VENDOR_UNIT}.d/zzz-uga.conf`].flatMap((file) => {
    const text = readFileSync(`installer/root${file}`, 'utf8');
    return [file, file.replace('/usr', '')].map((name) => [name, text]);
  }),
);

/** One of each kind: harmless, changing, and the five that give a host the guest. */
const COMMANDS = [
  'guest-ping',
  'guest-shutdown',
  'guest-exec',
  'guest-exec-status',
  'guest-file-open',
  'guest-set-user-password',
  'guest-ssh-add-authorized-keys',
];
const GUARDED = COMMANDS.slice(2);

type Tree = Parameters<typeof fixtureFiles>[0];
const read = (tree: Tree, environment: NodeJS.ProcessEnv = {}) =>
  readConfiguration({ files: fixtureFiles(tree), environment });
const denied = (tree: Tree, environment?: NodeJS.ProcessEnv) => {
  const { restrictions } = read(tree, environment);
  return COMMANDS.filter((name) => objectionTo(name, restrictions) !== undefined);
};
const doubts = (tree: Tree) =>
  read(tree)
    .problems.filter(({ severity }) => severity === 'restriction')
    .map(formatProblem);

/** RHEL 8, Fedora and RHEL 9.4: three generations of the same unit. */
const RHEL_8 = `[Service]
UMask=0077
EnvironmentFile=/etc/sysconfig/qemu-ga
ExecStart=/usr/bin/qemu-ga \\
  --method=virtio-serial \\
  --path=/dev/virtio-ports/org.qemu.guest_agent.0 \\
  --blacklist=\${BLACKLIST_RPC} \\
  -F\${FSFREEZE_HOOK_PATHNAME}
Restart=always
RestartSec=0
`;
const FEDORA = RHEL_8.replace(`--blacklist=\${BLACKLIST_RPC}`, `--block-rpcs=\${BLOCK_RPCS}`);
const RHEL_9 = RHEL_8.replace(`--blacklist=\${BLACKLIST_RPC}`, `\${FILTER_RPC_ARGS}`);
const DEBIAN_UNIT = `[Unit]
BindsTo=dev-virtio\\x2dports-org.qemu.guest_agent.0.device
[Service]
ExecStart=-/usr/sbin/qemu-ga
Restart=always
RestartSec=0
`;

describe('what the originals forbid stays forbidden', () => {
  for (const [situation, tree, expected] of [
    ['no file at all', {}, []],
    ["Debian's unit alone", { '/lib/systemd/system/qemu-guest-agent.service': DEBIAN_UNIT }, []],
    [
      'qemu-ga.conf, block-rpcs',
      { [CONF]: '[general]\nblock-rpcs=guest-exec,guest-ping\n' },
      ['guest-ping', 'guest-exec'],
    ],
    [
      'qemu-ga.conf, its documented separator',
      { [CONF]: '[general]\nblock-rpcs=guest-exec;guest-ping' },
      ['guest-ping', 'guest-exec'],
    ],
    ['qemu-ga.conf, old name', { [CONF]: '[general]\nblacklist=guest-exec' }, ['guest-exec']],
    ['qemu-ga.conf, allow-rpcs', { [CONF]: '[general]\nallow-rpcs=guest-ping,guest-shutdown' }, GUARDED],
    ['qemu-ga.conf, an empty allow list allows all, as there', { [CONF]: '[general]\nallow-rpcs=' }, []],
    ['qemu-ga.conf of Red Hat', { '/etc/qemu-kvm/qemu-ga.conf': '[general]\nblock-rpcs=guest-exec' }, ['guest-exec']],
    [
      'qemu-ga.conf, both lists',
      { [CONF]: '[general]\nallow-rpcs=guest-ping,guest-exec\nblock-rpcs=guest-exec' },
      COMMANDS.filter((name) => name !== 'guest-ping'),
    ],
    ['Debian, DAEMON_ARGS', { [DEBIAN]: 'DAEMON_ARGS="--block-rpcs=guest-exec -v"\n' }, ['guest-exec']],
    ['Debian, short options', { [DEBIAN]: "DAEMON_ARGS='-b guest-exec -bguest-ping'\n" }, ['guest-ping', 'guest-exec']],
    [
      'RHEL 7 and 8, BLACKLIST_RPC',
      { [SYSCONFIG]: 'BLACKLIST_RPC=guest-file-open,guest-exec\n' },
      ['guest-exec', 'guest-file-open'],
    ],
    [
      'RHEL 8 with its unit',
      { [VENDOR_UNIT]: RHEL_8, [SYSCONFIG]: 'BLACKLIST_RPC=guest-exec\nFSFREEZE_HOOK_PATHNAME=\n' },
      ['guest-exec'],
    ],
    [
      'Fedora, BLOCK_RPCS',
      { [VENDOR_UNIT]: FEDORA, [SYSCONFIG]: 'BLOCK_RPCS=guest-exec\nFSFREEZE_HOOK_PATHNAME=\n' },
      ['guest-exec'],
    ],
    [
      'RHEL 9, block',
      { [VENDOR_UNIT]: RHEL_9, [SYSCONFIG]: 'FILTER_RPC_ARGS="--block-rpcs=guest-exec"\nFSFREEZE_HOOK_PATHNAME=\n' },
      ['guest-exec'],
    ],
    ['RHEL 9, allow', { [SYSCONFIG]: 'FILTER_RPC_ARGS="--allow-rpcs=guest-ping,guest-shutdown"\n' }, GUARDED],
    ['RHEL, list taken out by the administrator', { [SYSCONFIG]: 'FILTER_RPC_ARGS=\nBLACKLIST_RPC=""\n' }, []],
    [
      'RHEL, file saved by rpm when the package went',
      { [`${SYSCONFIG}.rpmsave`]: 'BLACKLIST_RPC=guest-exec\n' },
      ['guest-exec'],
    ],
    [
      'a saved file does not count beside the file',
      { [SYSCONFIG]: '', [`${SYSCONFIG}.rpmsave`]: 'BLACKLIST_RPC=guest-exec\n' },
      [],
    ],
    [
      "SUSE, the vendor's file",
      { '/usr/etc/sysconfig/qemu-ga': 'FILTER_RPC_ARGS="--block-rpcs=guest-exec"' },
      ['guest-exec'],
    ],
    [
      "SUSE, the vendor's file overridden",
      { '/usr/etc/sysconfig/qemu-ga': 'FILTER_RPC_ARGS="--block-rpcs=guest-exec"', [SYSCONFIG]: 'FILTER_RPC_ARGS=""' },
      [],
    ],
    [
      'a whole unit of the administrator',
      { [UNIT]: '[Service]\nExecStart=/usr/sbin/qemu-ga -b guest-exec\n' },
      ['guest-exec'],
    ],
    [
      'it hides the unit of the distribution',
      {
        [UNIT]: '[Service]\nExecStart=/usr/sbin/qemu-ga\n',
        [VENDOR_UNIT]: '[Service]\nExecStart=/usr/sbin/qemu-ga -b guest-exec\n',
      },
      [],
    ],
    [
      'a drop-in',
      { [DROP_IN]: '[Service]\nExecStart=\nExecStart=/usr/sbin/qemu-ga --block-rpcs=guest-exec,guest-ping\n' },
      ['guest-ping', 'guest-exec'],
    ],
    [
      'a drop-in of this boot',
      {
        '/run/systemd/system/qemu-guest-agent.service.d/x.conf':
          '[Service]\nExecStart=\nExecStart=-/usr/sbin/qemu-ga -bguest-exec',
      },
      ['guest-exec'],
    ],
    [
      'an empty ExecStart takes back the one before',
      {
        [UNIT]: '[Service]\nExecStart=/usr/sbin/qemu-ga -b guest-exec\n',
        [DROP_IN]: '[Service]\nExecStart=\nExecStart=/usr/sbin/qemu-ga -b guest-ping\n',
      },
      ['guest-ping'],
    ],
    [
      'a drop-in hides one of the same name further down',
      {
        [DROP_IN]: '',
        '/usr/lib/systemd/system/qemu-guest-agent.service.d/local.conf':
          '[Service]\nExecStart=/usr/sbin/qemu-ga -b guest-exec\n',
      },
      [],
    ],
    [
      'a drop-in with variables of its own',
      {
        [DROP_IN]: `[Service]\nEnvironment="LIST=guest-exec,guest-ping" X=y\nExecStart=\nExecStart=/usr/sbin/qemu-ga -b \${LIST} $X\n`,
      },
      ['guest-ping', 'guest-exec'],
    ],
    [
      "a drop-in with variables of the distribution's file",
      {
        [DROP_IN]: '[Service]\nExecStart=\nExecStart=/usr/bin/qemu-ga $FILTER_RPC_ARGS\n',
        [SYSCONFIG]: 'FILTER_RPC_ARGS="-b guest-exec -b guest-ping"\n',
      },
      ['guest-ping', 'guest-exec'],
    ],
    [
      'a drop-in with a file of its own',
      {
        [DROP_IN]: `[Service]\nEnvironmentFile=-/etc/agent.env\nExecStart=\nExecStart=/usr/bin/qemu-ga --block-rpcs=\${MINE}\n`,
        '/etc/agent.env': 'MINE=guest-exec\n',
      },
      ['guest-exec'],
    ],
    [
      'a drop-in that only sets a variable',
      { [DROP_IN]: '[Service]\nEnvironment=BLOCK_RPCS=guest-exec\n' },
      ['guest-exec'],
    ],
    [
      'a unit that names a configuration file',
      {
        [UNIT]: '[Service]\nExecStart=/usr/sbin/qemu-ga -c /etc/mine.conf\n',
        '/etc/mine.conf': '[general]\nblock-rpcs=guest-exec\n',
      },
      ['guest-exec'],
    ],
    [
      'a unit whose environment names one',
      {
        [DROP_IN]: '[Service]\nEnvironment=QGA_CONF=/etc/mine.conf\n',
        '/etc/mine.conf': '[general]\nblock-rpcs=guest-exec\n',
      },
      ['guest-exec'],
    ],
    [
      'our own unit under the old name, and what an administrator had added to it',
      {
        ...STAND_IN,
        [DROP_IN]: '[Service]\nExecStart=\nExecStart=/usr/sbin/qemu-ga -b guest-exec\n',
      },
      ['guest-exec'],
    ],
    ['our own unit under the old name alone', STAND_IN, []],
    ['a masked unit', { [UNIT]: '' }, []],
    [
      'lists of several places: blocks add up, allowed is what all allow',
      {
        [CONF]: '[general]\nallow-rpcs=guest-ping,guest-exec,guest-shutdown\n',
        [SYSCONFIG]: 'FILTER_RPC_ARGS="--allow-rpcs=guest-ping,guest-exec"\n',
        [DROP_IN]: '[Service]\nExecStart=\nExecStart=/usr/sbin/qemu-ga -b guest-exec\n',
      },
      COMMANDS.filter((name) => name !== 'guest-ping'),
    ],
  ] as const satisfies readonly (readonly [string, Tree, readonly string[]])[]) {
    it(situation, () => {
      assert.deepEqual(doubts(tree), []);
      assert.deepEqual(denied(tree), expected);
    });
  }

  it('$QGA_CONF of the agent itself', () => {
    const tree = { '/x.conf': '[general]\nblock-rpcs=guest-exec\n' };
    assert.deepEqual(denied(tree, { QGA_CONF: '/x.conf' }), ['guest-exec']);
    assert.deepEqual(denied(tree, { QGA_CONF: '/missing.conf' }), GUARDED);
  });
});

describe('what is not understood keeps the guarded commands denied', () => {
  for (const [situation, tree, doubt] of [
    ['a file that cannot be read', { [CONF]: null }, `${CONF}: cannot be read: permission denied`],
    [
      'a file that is no key file',
      { [CONF]: 'block-rpcs guest-exec' },
      `${CONF}:1: neither a [group] nor key=value: 'block-rpcs guest-exec'`,
    ],
    ['an unknown key', { [CONF]: '[general]\nreject=guest-exec' }, `${CONF}:2: reject: unknown to us`],
    [
      'an unknown group',
      { [CONF]: '[policy]\nblock-rpcs=guest-exec' },
      `${CONF}:2: [policy] block-rpcs: only [general] is known`,
    ],
    [
      'a pattern',
      { [CONF]: '[general]\nblock-rpcs=guest-file-*' },
      `${CONF}:2: block-rpcs: 'guest-file-*' is no name of a command`,
    ],
    ['a script', { [DEBIAN]: 'if true; then DAEMON_ARGS=-v; fi\n' }, `${DEBIAN}:1: no NAME=VALUE`],
    [
      'a variable that a shell would replace',
      { [DEBIAN]: 'DAEMON_ARGS="$DAEMON_ARGS -b guest-exec"' },
      `${DEBIAN}:1: '$' that a shell would replace`,
    ],
    [
      'an unknown option',
      { [DEBIAN]: 'DAEMON_ARGS="--deny=guest-exec"' },
      `${DEBIAN}:1: unrecognized option '--deny=guest-exec'`,
    ],
    ['an unknown variable', { [SYSCONFIG]: 'DENY_RPCS=guest-exec' }, `${SYSCONFIG}:1: DENY_RPCS: an unknown variable`],
    [
      'a variable that nobody sets',
      { [DROP_IN]: '[Service]\nExecStart=\nExecStart=/usr/bin/qemu-ga $ELSEWHERE' },
      `${DROP_IN}:3: ExecStart: nobody sets the variable ELSEWHERE`,
    ],
    [
      'a specifier',
      { [DROP_IN]: '[Service]\nExecStart=\nExecStart=/usr/bin/qemu-ga -c /etc/%H.conf' },
      `${DROP_IN}:3: ExecStart: specifier '%H'`,
    ],
    [
      'a file of variables that is missing',
      { [DROP_IN]: '[Service]\nEnvironmentFile=/etc/x' },
      `${DROP_IN}:2: EnvironmentFile: there is no /etc/x`,
    ],
    [
      'files of variables by pattern',
      { [DROP_IN]: '[Service]\nEnvironmentFile=/etc/x.d/*' },
      `${DROP_IN}:2: EnvironmentFile: '/etc/x.d/*'`,
    ],
    [
      'a wrapper',
      { [UNIT]: '[Service]\nExecStart=/bin/sh -c "exec qemu-ga -b guest-exec"' },
      `${UNIT}:2: ExecStart: /bin/sh is not qemu-ga`,
    ],
    ['a unit that confines', { [DROP_IN]: '[Service]\nUser=nobody' }, `${DROP_IN}:2: User: may confine the agent`],
    [
      'a line that is none',
      { [DROP_IN]: '[Service]\n-b guest-exec' },
      `${DROP_IN}:2: neither a section nor an assignment`,
    ],
    [
      'a configuration file that is missing',
      { [UNIT]: '[Service]\nExecStart=/usr/sbin/qemu-ga -c /x' },
      `${UNIT}:2: there is no /x`,
    ],
  ] as const satisfies readonly (readonly [string, Tree, string])[]) {
    it(situation, () => {
      assert.deepEqual(doubts(tree), [doubt]);
      assert.deepEqual(denied(tree), GUARDED);
    });
  }

  it('a file that others may write restricts, and sets nothing', () => {
    const text = '[general]\nblock-rpcs=guest-ping\nverbose=true\nmethod=isa-serial\n';
    const tree = { [CONF]: { text, untrusted: 'may be written by others' } };
    assert.deepEqual(doubts(tree), [`${CONF}: the file may be written by others`]);
    assert.deepEqual(denied(tree), ['guest-ping', ...GUARDED]);
    assert.equal(read(tree).config.logLevel, 'info');
    assert.equal(read(tree).config.qga.kind, 'virtio');
  });

  it('files that name each other in a ring are read once', () => {
    const tree = { [DROP_IN]: '[Service]\nEnvironment=QGA_CONF=/a\n', '/a': '[general]\nconfig=/a\n' };
    assert.deepEqual(doubts(tree), []);
  });

  it('the reason that a host reads names the place', () => {
    const reason = (tree: Tree) => objectionTo('guest-exec', read(tree).restrictions);
    assert.equal(
      reason({ [CONF]: '[general]\nblock-rpcs=guest-exec' }),
      `the command is not allowed (${CONF}:2: blocked)`,
    );
    assert.equal(
      reason({ [SYSCONFIG]: 'DENY=x' }),
      `the command is not allowed (${SYSCONFIG}:1: a restriction that is not understood: DENY: an unknown variable)`,
    );
  });
});

describe('our own file and the originals', () => {
  const OWN = '/etc/uga/uga.conf';

  it('our values win, our lists do not open what theirs close', () => {
    const tree = {
      [CONF]: '[general]\nmethod=isa-serial\nverbose=true\nblock-rpcs=guest-exec\n',
      [OWN]: '[channels]\nqga=off\n[qga]\nallow-rpcs=guest-exec,guest-ping\n',
    };
    const { config, origins } = read(tree);
    assert.equal(config.qga.kind, 'off');
    assert.equal(origins.qga, `${OWN}:2`);
    assert.equal(config.logLevel, 'debug');
    assert.equal(origins.logLevel, `${CONF}:3`);
    assert.deepEqual(denied(tree), COMMANDS.slice(1));
  });

  it('honour=no leaves them alone', () => {
    const tree = { [CONF]: null, [OWN]: '[originals]\nhonour=no\n' };
    assert.deepEqual(denied(tree), []);
    assert.deepEqual(read(tree).files, [OWN]);
  });
});

describe('what the originals set', () => {
  for (const [tree, channel] of [
    [{ [CONF]: '[general]\nmethod=isa-serial\n' }, { kind: 'serial', path: '/dev/ttyS0' }],
    [{ [CONF]: '[general]\npath=/dev/virtio-ports/org.x.0\n' }, { kind: 'virtio', name: 'org.x.0' }],
    [{ [CONF]: '[general]\npath=/dev/vport1p1\n' }, { kind: 'virtio-device', path: '/dev/vport1p1' }],
    [{ [CONF]: '[general]\nmethod=vsock-listen\npath=3:1234\n' }, { kind: 'vsock-listen', cid: 3, port: 1234 }],
    [{ [CONF]: '[general]\nmethod=vsock-listen\npath=/3\n' }, { kind: 'virtio', name: 'org.qemu.guest_agent.0' }],
    [{ [CONF]: '[general]\nmethod=constructor\n' }, { kind: 'virtio', name: 'org.qemu.guest_agent.0' }],
    [{ [DEBIAN]: 'TRANSPORT=isa-serial:/dev/ttyS1\n' }, { kind: 'serial', path: '/dev/ttyS1' }],
    [
      { [UNIT]: '[Service]\nExecStart=/usr/sbin/qemu-ga -m unix-listen -p /run/x\n' },
      { kind: 'unix-listen', path: '/run/x' },
    ],
  ] as const) {
    it(JSON.stringify(Object.values(tree)[0]), () => assert.deepEqual(read(tree).config.qga, channel));
  }

  it("ovirt-guest-agent's intervals, interfaces and device; its sample's device is no wish", () => {
    const file = '/etc/ovirt-guest-agent.conf';
    const { config, origins, problems } = read({
      [file]:
        '[general]\nheart_beat_rate = 3\nreport_user_rate: 20\nignored_nics = docker0\n  br0\nignored_fs = x nfs4\nreport_disk_usage = 60\napplications_list = kernel vim\nignore_zero_size_fs = False\n[virtio]\ndevice = /dev/virtio-ports/com.redhat.rhevm.vdsm\n[handlers]\nkeys=console\n',
    });
    assert.deepEqual([config.heartbeatSeconds, config.usersSeconds, config.cpusSeconds], [3, 20, 60]);
    assert.deepEqual(config.ignoredNics, ['docker0', 'br0']);
    assert.deepEqual(
      [config.ignoredFileSystems, config.applicationsList],
      [
        ['x', 'nfs4'],
        ['kernel', 'vim'],
      ],
    );
    assert.deepEqual([config.disksSeconds, config.ignoreEmptyFileSystems], [60, false]);
    assert.equal(origins.ignoredNics, `${file}:4`);
    assert.deepEqual(config.ovirt, { kind: 'virtio', name: 'ovirt-guest-agent.0' });
    assert.deepEqual(problems, []);
    assert.deepEqual(read({ [file]: '[general]\nheart_beat_rate=often\n' }).problems.map(formatProblem), [
      `${file}:2: [general] heart_beat_rate: has no effect: 'often' is no number of seconds from 1 to 3600`,
    ]);
    assert.deepEqual(read({ [file]: '[virtio]\ndevice=/dev/virtio-ports/x\n' }).config.ovirt, {
      kind: 'virtio',
      name: 'x',
    });
  });

  it("ovirt-guest-agent's folder of ports", () => {
    for (const [prefix, ovirt] of [
      ['/dev/virtio-ports/', { kind: 'virtio', name: 'ovirt-guest-agent.0' }],
      ['/dev/virtio-ports', { kind: 'virtio', name: 'ovirt-guest-agent.0' }],
      ['/dev/vports/', { kind: 'virtio-device', path: '/dev/vports/ovirt-guest-agent.0' }],
    ] as const) {
      const { config, problems } = read({ '/etc/ovirt-guest-agent.conf': `[virtio]\ndevice_prefix = ${prefix}\n` });
      assert.deepEqual([config.ovirt, problems], [ovirt, []]);
    }
  });

  it("spice-vdagentd's port", () => {
    const file = '/etc/default/spice-vdagentd';
    const { config, problems } = read({ [file]: 'SPICE_VDAGENTD_EXTRA_ARGS="-d -s /dev/virtio-ports/spice.1"\n' });
    assert.deepEqual(config.vdagent, { kind: 'virtio', name: 'spice.1' });
    assert.deepEqual(problems.map(formatProblem), [`${file}:1: SPICE_VDAGENTD_EXTRA_ARGS: -d has no effect`]);
  });

  it('hooks are found where they are', () => {
    const { hooks } = read({
      '/etc/qemu/fsfreeze-hook': '',
      '/etc/qemu/fsfreeze-hook.d/mysql.sh': '',
      '/etc/qemu/fsfreeze-hook.d/mysql.sh.dpkg-old': '',
      '/etc/qemu-ga/fsfreeze-hook': '',
      [SYSCONFIG]: 'FSFREEZE_HOOK_PATHNAME=/etc/qemu-ga/fsfreeze-hook\n',
      '/etc/ovirt-guest-agent/hooks.d/before_migration/55_flush': '',
    });
    assert.deepEqual(hooks, [
      { kind: 'fsfreeze', path: '/etc/qemu-ga/fsfreeze-hook', place: `${SYSCONFIG}:1` },
      { kind: 'fsfreeze', path: '/etc/qemu/fsfreeze-hook' },
      { kind: 'fsfreeze.d', path: '/etc/qemu/fsfreeze-hook.d/mysql.sh' },
      { kind: 'ovirt', path: '/etc/ovirt-guest-agent/hooks.d/before_migration/55_flush' },
    ]);
    assert.deepEqual(read({ [SYSCONFIG]: 'FSFREEZE_HOOK_PATHNAME=/dev/null\n' }).hooks, []);
  });
});
