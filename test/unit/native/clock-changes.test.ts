import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clockNanoseconds, watchClock } from '#shared/native/clock-changes.ts';

describe('clocks of the kernel', () => {
  it("are the ones that Node's own are", () => {
    const before = [BigInt(Date.now()) * 1_000_000n, process.hrtime.bigint()] as const;
    const now = [clockNanoseconds('realtime'), clockNanoseconds('monotonic')] as const;
    const after = [BigInt(Date.now() + 1) * 1_000_000n, process.hrtime.bigint()] as const;
    for (const at of [0, 1] as const) assert.ok(now[at] >= before[at] && now[at] <= after[at], `${now[at]}`);
    assert.ok(clockNanoseconds('boottime') >= now[1]);
  });

  /** That somebody sets the clock is tried in a guest: test/vm/libvirt/words/extensions.ts. */
  it('that nobody sets are no news, and nothing stays open', async () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    let changes = 0;
    const watch = watchClock(() => changes++);
    await sleep(50);
    watch.close();
    watch.close();
    assert.equal(changes, 0);
    assert.equal(open(), before);
  });
});
