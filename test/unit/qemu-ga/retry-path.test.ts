import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MemoryLog } from '#shared/log/memory.ts';
import { retryNotice } from '#system-agent/qemu-ga/retry-path.ts';
import { FakeChannel } from '#test/fakes/channel.ts';

it('-r says at once and every five seconds that it waits, while the device is missing and no longer', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const device = new FakeChannel();
  const log = new MemoryLog();
  const notice = retryNotice(device, log);
  await notice.start(new AbortController().signal);
  device.enter('missing');
  assert.equal(log.lines.length, 1);
  t.mock.timers.tick(14_999);
  assert.equal(log.lines.length, 3);
  device.enter('waiting');
  t.mock.timers.tick(60_000);
  assert.equal(log.lines.length, 3);
  device.enter('missing');
  await notice.stop();
  t.mock.timers.tick(60_000);
  assert.deepEqual(
    log.lines.map(({ message }) => message),
    Array(4).fill('waiting for channel path...'),
  );
});
