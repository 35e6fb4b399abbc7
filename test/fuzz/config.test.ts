import assert from 'node:assert/strict';
import { readConfiguration } from '#system-agent/config/read.ts';
import { objectionTo } from '#system-agent/config/restrictions.ts';
import { fixtureFiles } from '#test/fakes/files.ts';
import { fuzz, latin1Pieces, pick } from '#test/support/fuzz.ts';

const FILES = [
  '/etc/uga/uga.conf',
  '/etc/uga/uga.conf.d/a.conf',
  '/etc/qemu/qemu-ga.conf',
  '/etc/default/qemu-guest-agent',
  '/etc/sysconfig/qemu-ga',
  '/etc/systemd/system/qemu-guest-agent.service',
  '/etc/systemd/system/qemu-guest-agent.service.d/a.conf',
  '/etc/ovirt-guest-agent.conf',
  '/etc/default/spice-vdagentd',
];

const PIECES = [
  ...'=[]#;\\\'"$%{}, \n\n\n\tx',
  ...[
    '[general]\n',
    '[Service]\n',
    '[qga]\n',
    '[virtio]\n',
    'ExecStart=',
    'Environment=',
    'EnvironmentFile=/etc/default/',
  ],
  ...['/usr/sbin/qemu-ga ', '-b ', '--block-rpcs=', 'block-rpcs=', 'allow-rpcs=', 'config=/etc/qemu/qemu-ga.conf'],
  ...[
    'DAEMON_ARGS=',
    'FILTER_RPC_ARGS=',
    'SPICE_VDAGENTD_EXTRA_ARGS=',
    'device=',
    '$DAEMON_ARGS',
    'method=',
    'constructor',
    '__proto__',
  ],
  ...['guest-exec', 'guest-ping', 'ignored_nics = a', '\n  more', '\xff'],
];

fuzz('whatever stands in the files, reading them ends in a configuration and nothing opens', (chance) => {
  const blocking = '[general]\nblock-rpcs=guest-get-time\n';
  const tree = Object.fromEntries([
    ...Array.from({ length: 1 + chance(4) }, () => [pick(FILES, chance), latin1Pieces(PIECES, 30, chance).toString()]),
    ['/etc/qemu-kvm/qemu-ga.conf', blocking],
  ]);
  const { config, origins, restrictions } = readConfiguration({ files: fixtureFiles(tree), environment: {} });
  assert.deepEqual(Object.keys(origins).sort(), Object.keys(config).sort());
  assert.notEqual(objectionTo('guest-get-time', restrictions), undefined);
});
