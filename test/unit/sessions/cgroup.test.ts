import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ownerOfCgroup } from '#system-agent/sessions/cgroup.ts';

const alice = { session: '2', uid: 1000 };

describe('the owner of a control group', () => {
  it('is the session of its scope, in every arrangement of the hierarchies', () => {
    const path = '/user.slice/user-1000.slice/session-2.scope';
    assert.deepEqual(ownerOfCgroup(`0::${path}\n`), alice);
    assert.deepEqual(ownerOfCgroup(`12:pids:/user.slice/x\n2:cpu,cpuacct:/\n1:name=systemd:${path}\n`), alice);
    assert.deepEqual(ownerOfCgroup(`1:name=systemd:${path}\n0::${path}\n`), alice);
    assert.deepEqual(ownerOfCgroup(`1:name=systemd:${path}\n0::/\n`), alice);
    assert.deepEqual(ownerOfCgroup(`0::${path}/nested/deeper\n`), alice);
    assert.deepEqual(ownerOfCgroup('0::/user.slice/user-102.slice/session-c1.scope'), { session: 'c1', uid: 102 });
  });

  it('is only the user below the user manager', () => {
    assert.deepEqual(ownerOfCgroup('0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.service'), {
      uid: 1000,
    });
    assert.deepEqual(ownerOfCgroup('0::/user.slice/user-0.slice/user@0.service'), { uid: 0 });
  });

  it('is not what a user calls a group of their own', () => {
    const own = '/user.slice/user-1000.slice/user@1000.service';
    for (const name of ['/user.slice/user-0.slice/session-1.scope', '/session-3.scope', '/app.slice/session-3.scope']) {
      assert.deepEqual(ownerOfCgroup(`0::${own}${name}\n`), { uid: 1000 }, name);
    }
    assert.deepEqual(ownerOfCgroup(`0::/user.slice/user-1000.slice/session-2.scope/session-3.scope`), alice);
  });

  for (const [what, path] of [
    ['a service', '/system.slice/cron.service'],
    ['the root', '/'],
    ['a container with a login of its own', '/machine.slice/x.scope/user.slice/user-1000.slice/session-2.scope'],
    ['a group above the name space', '/../user.slice/user-1000.slice/session-2.scope'],
    ['a session that has ended', '/user.slice/user-1000.slice/session-2.scope (deleted)'],
    ["another user's manager", '/user.slice/user-1000.slice/user@1001.service'],
    ['a slice alone', '/user.slice/user-1000.slice'],
    ['a scope of no session', '/user.slice/user-1000.slice/app-2.scope'],
    ['an id with other characters', '/user.slice/user-1000.slice/session-2\\x2d.scope'],
    ['a uid with a zero in front', '/user.slice/user-01000.slice/session-2.scope'],
    ['a uid beyond the last', '/user.slice/user-4294967295.slice/session-2.scope'],
    ['the beginning of a name', '/user.slice/user-1000.slice/session-2.scopes'],
  ] as const) {
    it(`is nobody for ${what}`, () => assert.equal(ownerOfCgroup(`0::${path}\n`), undefined));
  }

  it('is nobody where the hierarchies disagree, or none is of systemd', () => {
    const path = '/user.slice/user-1000.slice/session-2.scope';
    assert.equal(ownerOfCgroup(`1:name=systemd:${path}\n0::/user.slice/user-1000.slice/session-3.scope\n`), undefined);
    assert.equal(ownerOfCgroup(`1:name=systemd:/system.slice\n0::${path}\n`), undefined);
    assert.equal(ownerOfCgroup(`3:memory:${path}\n2:name=other:${path}\n`), undefined);
    assert.equal(ownerOfCgroup(''), undefined);
  });
});
