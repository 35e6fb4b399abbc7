import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchNetwork } from '#shared/native/network-changes.ts';
import { until } from '#test/support/until.ts';

/** Set for the copy of this file that runs where it may change the network: a namespace that ends with it. */
const INSIDE = 'UGA_TEST_NETWORK_NAMESPACE';
const UNSHARE = ['--user', '--map-root-user', '--net'];

if (process.env[INSIDE] === undefined) {
  describe('network changes', () => {
    const possible = spawnSync('unshare', [...UNSHARE, 'ip', 'link', 'show', 'lo']).status === 0;

    it('are reported for links and both kinds of addresses, and not after the end', (t) => {
      if (!possible) return t.skip('needs ip(8), and network namespaces for everybody');
      const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
      const env = { ...environment, [INSIDE]: '1' };
      const { status, stdout, stderr } = spawnSync('unshare', [...UNSHARE, process.execPath, process.argv[1] ?? ''], {
        env,
        encoding: 'utf8',
        timeout: 60_000,
      });
      assert.equal(status, 0, stderr);
      assert.equal(stdout.trim(), 'link ipv4 ipv6');
    });
  });
} else {
  let changes = 0;
  const watch = watchNetwork(() => changes++);
  const ip = (...words: string[]) => execFileSync('ip', words);
  const seen: string[] = [];
  const expectChange = async (what: string, ...words: string[]) => {
    const before = changes;
    ip(...words);
    await until(() => changes > before, what);
    seen.push(what);
  };
  await expectChange('link', 'link', 'set', 'lo', 'up');
  await expectChange('ipv4', 'address', 'add', '192.0.2.1/32', 'dev', 'lo');
  await expectChange('ipv6', 'address', 'add', '2001:db8::1/128', 'dev', 'lo', 'nodad');
  await sleep(50);
  watch.close();
  watch.close();
  const last = changes;
  ip('address', 'add', '192.0.2.2/32', 'dev', 'lo');
  await sleep(50);
  assert.equal(changes, last);
  console.log(seen.join(' '));
}
