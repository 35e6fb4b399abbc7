import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { personNamed } from '#system-agent/sso/accounts.ts';

const UIDS: Readonly<Record<string, number>> = {
  root: 0,
  toor: 0,
  daemon: 1,
  'Debian-gdm': 102,
  nobody: 65_534,
  dynamic: 61_500,
  last: 999,
  alice: 1000,
  'bob@example.org': 1_234_500_001,
};

const find = async (name: string) => {
  const uid = Object.hasOwn(UIDS, name) ? UIDS[name] : undefined;
  return uid === undefined ? undefined : { name, uid, gid: uid, home: '/home' };
};

describe('the account that a host means', () => {
  it('is the bare name where that is an account, and the whole name otherwise', async () => {
    assert.equal((await personNamed('alice', find)).uid, 1000);
    assert.equal((await personNamed('alice@internal-authz', find)).name, 'alice');
    assert.equal((await personNamed('bob@example.org', find)).uid, 1_234_500_001);
  });

  it('is none for names that nobody has', async () => {
    for (const name of ['mallory', 'mallory@example.org', 'bob', '@alice', '', 'bob@other.org', '__proto__']) {
      await assert.rejects(personNamed(name, find), { code: 'not-found' }, name);
    }
  });

  it('is never root or an account of the system, under whatever name', async () => {
    for (const name of ['root', 'toor', 'root@internal', 'daemon', 'Debian-gdm', 'nobody', 'dynamic', 'last']) {
      await assert.rejects(personNamed(name, find), { code: 'refused' }, name);
    }
  });
});
