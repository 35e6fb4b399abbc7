import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { commands } from '#system-agent/qga/commands/index.ts';
import { ARGUMENTS } from '#test/support/qga/wrong-arguments.ts';

const FILES = ['test/peer/qga/files.test.ts', 'test/support/qga/file-scenarios.ts'];
const EXEC = ['test/peer/qga/exec.test.ts', 'test/support/qga/exec-scenarios.ts'];
const HERE = ['test/peer/qga/inventory.test.ts'];
const ORACLE = ['test/peer/qga/oracle.test.ts'];
const ACCOUNTS = ['test/vm/credentials.test.ts'];
const SWITCHES = ['test/vm/switches.test.ts'];

/** Where the real qemu-ga is asked too: the file that starts it, and the one with the requests if that is another. */
const FREEZE = ['test/vm/freeze/answers.test.ts', 'test/vm/freeze/lab.ts', 'test/vm/freeze/mounts.test.ts'];

const ASKED_IN: Readonly<Record<string, readonly string[]>> = {
  'guest-exec': EXEC,
  'guest-exec-status': EXEC,
  'guest-file-close': FILES,
  'guest-file-flush': FILES,
  'guest-file-open': FILES,
  'guest-file-read': FILES,
  'guest-file-seek': FILES,
  'guest-file-write': FILES,
  'guest-fsfreeze-freeze': FREEZE,
  'guest-fsfreeze-freeze-list': FREEZE,
  'guest-fsfreeze-status': FREEZE,
  'guest-fsfreeze-thaw': FREEZE,
  'guest-fstrim': ['test/vm/disks.test.ts'],
  'guest-get-cpustats': HERE,
  'guest-get-disks': HERE,
  'guest-get-diskstats': HERE,
  'guest-get-fsinfo': HERE,
  'guest-get-host-name': ORACLE,
  'guest-get-memory-block-info': HERE,
  'guest-get-memory-blocks': HERE,
  'guest-get-osinfo': ORACLE,
  'guest-get-time': ORACLE,
  'guest-get-timezone': ORACLE,
  'guest-get-users': ['test/vm/users.test.ts'],
  'guest-get-vcpus': HERE,
  'guest-info': ORACLE,
  'guest-network-get-interfaces': ORACLE,
  'guest-ping': ORACLE,
  'guest-set-memory-blocks': SWITCHES,
  'guest-set-time': ACCOUNTS,
  'guest-set-user-password': ACCOUNTS,
  'guest-set-vcpus': SWITCHES,
  'guest-shutdown': ['test/vm/shutdown.test.ts'],
  'guest-ssh-add-authorized-keys': ACCOUNTS,
  'guest-ssh-get-authorized-keys': ORACLE,
  'guest-ssh-remove-authorized-keys': ACCOUNTS,
  'guest-suspend-disk': SWITCHES,
  'guest-suspend-hybrid': SWITCHES,
  'guest-suspend-ram': SWITCHES,
  'guest-sync': ORACLE,
  'guest-sync-delimited': ORACLE,
};

/** Debian's qemu-ga 7.2, the one that tests ask, is older than these. */
const OLDER_THAN: Readonly<Record<string, string>> = {
  'guest-get-load': 'test/peer/qga/inventory.test.ts',
  'guest-network-get-route': 'test/vm/disks.test.ts',
  'uga-applications': 'test/peer/qga/own-inventory.test.ts',
  'uga-audit-head': 'test/peer/audit/agent.test.ts',
  'uga-containers': 'test/peer/qga/own-inventory.test.ts',
  'uga-event-wait': 'test/peer/events.test.ts',
  'uga-freeze-renew': 'test/vm/libvirt/words/extensions.ts',
  'uga-freeze-status': 'test/vm/libvirt/words/extensions.ts',
  'uga-memory-stats': 'test/peer/qga/own-inventory.test.ts',
  'uga-query-schema': 'test/peer/qga/schema.test.ts',
  'uga-session-list': 'test/peer/sessions/control.test.ts',
  'uga-session-lock': 'test/vm/desktop/doors.test.ts',
  'uga-session-logoff': 'test/vm/desktop/sessions.test.ts',
  'uga-session-login': 'test/support/sso/rig.ts',
  'uga-session-unlock': 'test/support/sso/rig.ts',
};

/** Commands whose name is put together from parts. */
const PARTS = /^guest-(ssh)-(add|remove)-authorized-keys$/;

describe('every command', () => {
  const names = commands.map(({ name }) => name).sort();

  it('is asked of qemu-ga too, or newer than the one there is', () => {
    assert.deepEqual([...Object.keys(ASKED_IN), ...Object.keys(OLDER_THAN)].sort(), names);
  });

  it('is in the table from which wrong arguments are made', () => {
    assert.deepEqual(Object.keys(ARGUMENTS).sort(), names);
  });

  for (const [name, files] of Object.entries(ASKED_IN)) {
    it(`${name}: ${files[0]} asks it`, () => {
      const texts = files.map((file) => readFileSync(file, 'utf8'));
      assert.match(texts[0] ?? '', /startOracle\(|\boriginal\b/);
      const words = PARTS.exec(name)?.slice(1) ?? [`'${name}'`];
      for (const word of words) {
        const quoted = new RegExp(word.replaceAll("'", `['"\`]`));
        assert.ok(
          texts.some((text) => quoted.test(text)),
          `${word} is not in ${files.join(', ')}`,
        );
      }
    });
  }

  for (const [name, file] of Object.entries(OLDER_THAN)) {
    it(`${name}: ${file} looks at the system's own word`, () => {
      assert.match(readFileSync(file, 'utf8'), new RegExp(name));
    });
  }
});
