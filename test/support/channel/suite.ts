import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HIGH_WATER } from '#system-agent/channels/channel.ts';
import { until } from '#test/support/until.ts';
import type { ChannelDriver } from './driver.ts';
import { pattern } from './pattern.ts';
import { type EventName, type Recorder, withChannel } from './recorder.ts';

export interface ChannelTest {
  readonly name: string;
  /** Why the transport has no such situation. */
  readonly skip?: string;
  readonly run: () => Promise<void>;
}

const KB = 1024;
const MB = 1024 * KB;
/** Long enough for an event that must not come to come. */
const QUIET_MS = 100;

/**
 * What every channel does, whatever carries it: the same tests for a socket here and for a real port in a guest.
 * Each test stands alone; run them one after the other.
 */
export function channelTests(driver: ChannelDriver): ChannelTest[] {
  const skipUnless = (trait: boolean, reason: string) => (trait ? {} : { skip: reason });
  const noPresence = 'the transport cannot tell whether a host is there';
  const tests: ChannelTest[] = [
    {
      name: 'is connected before the first byte, and bytes pass both ways unchanged',
      run: () => {
        const channel = driver.create();
        return withChannel(channel, async (user) => {
          const host = await driver.connect();
          await host.send(0, 70 * KB);
          await until(() => user.received === 70 * KB);
          assert.deepEqual(user.seen, ['connected', 'data']);
          assert.equal(channel.state, 'connected');
          assert.equal(channel.write(pattern(0, 70 * KB)), true);
          await host.receive(0, 70 * KB);
        });
      },
    },
    {
      name: 'tells each host that goes and the next that comes once, in order',
      ...skipUnless(driver.tellsHost, noPresence),
      run: () => {
        const channel = driver.create();
        return withChannel(channel, async (user) => {
          for (let round = 1; round <= 3; round++) {
            const host = await driver.connect();
            await until(() => user.count('connected') === round);
            await host.send(0, 100 * round);
            await until(() => user.received === 100 * round);
            channel.write(pattern(0, 100));
            await host.receive(0, 100);
            await host.close();
            await until(() => user.count('disconnected') === round);
            assert.notEqual(channel.state, 'connected');
          }
          const once = user.seen.filter((event) => event !== 'ended');
          assert.deepEqual(once, Array(3).fill(['connected', 'data', 'disconnected']).flat());
        });
      },
    },
    {
      name: 'drops what is written while no host is there',
      ...skipUnless(driver.tellsHost, noPresence),
      run: () => {
        const channel = driver.create();
        return withChannel(channel, async (user) => {
          for (let i = 0; i < 40; i++) assert.equal(channel.write(Buffer.alloc(MB, 'stale')), true);
          const host = await driver.connect();
          await until(() => user.count('connected') === 1);
          channel.write(pattern(0, KB));
          await host.receive(0, KB);
        });
      },
    },
    {
      name: 'drops what waits for a host that goes',
      ...skipUnless(driver.tellsHost && !driver.mixesHosts, 'the transport itself holds bytes for the next host'),
      run: () => {
        const channel = driver.create();
        return withChannel(channel, async (user) => {
          const first = await driver.connect();
          await until(() => user.count('connected') === 1);
          assert.equal(channel.write(Buffer.alloc(8 * MB, 'stale')), false);
          await first.close();
          await until(() => user.count('disconnected') === 1);
          const second = await driver.connect();
          await until(() => user.count('connected') === 2);
          channel.write(pattern(0, KB));
          await second.receive(0, KB);
          // A writer that waits may be told so that it can read the end, but not of the next host.
          assert.ok(user.seen.lastIndexOf('drained') < user.seen.indexOf('disconnected'));
        });
      },
    },
    {
      name: 'says when a host reads slowly, and when all is sent',
      run: () => {
        const channel = driver.create();
        return withChannel(channel, async (user) => {
          const host = await driver.connect();
          await until(() => user.count('connected') === 1);
          let written = 0;
          for (let goes = true; goes; written += 64 * KB) {
            assert.ok(written < 64 * MB, 'a host that reads nothing is noticed');
            goes = channel.write(pattern(written, 64 * KB));
          }
          assert.ok(written > HIGH_WATER);
          await sleep(QUIET_MS);
          assert.equal(user.count('drained'), 0);
          await host.receive(0, written);
          await until(() => user.count('drained') === 1);
          assert.equal(channel.write(pattern(written, KB)), true);
          await host.receive(written, KB);
        });
      },
    },
    {
      name: 'lets the host wait while it is paused, also from within an event',
      run: () => {
        const channel = driver.create();
        const pauseAtFirst = (event: EventName, user: Recorder) => {
          if (event === 'data' && user.received < MB) channel.pause();
        };
        return withChannel(
          channel,
          async (user) => {
            const host = await driver.connect();
            await until(() => user.count('connected') === 1);
            const sending = host.send(0, 4 * MB);
            await until(() => user.received > 0);
            const received = user.received;
            await sleep(QUIET_MS);
            assert.equal(user.received, received);
            while (user.received < 4 * MB) {
              channel.resume();
              channel.resume();
              await sleep(1);
            }
            await sending;
          },
          pauseAtFirst,
        );
      },
    },
    {
      name: `carries ${driver.bulk / MB} MiB both ways at once`,
      run: () => {
        const channel = driver.create();
        let written = 0;
        const fill = (event: EventName) => {
          if (event !== 'connected' && event !== 'drained') return;
          for (let goes = true; goes && written < driver.bulk; ) {
            const size = Math.min(300 * KB, driver.bulk - written);
            goes = channel.write(pattern(written, size));
            written += size;
          }
        };
        return withChannel(
          channel,
          async (user) => {
            const host = await driver.connect();
            await Promise.all([host.send(0, driver.bulk), host.receive(0, driver.bulk)]);
            await until(() => user.received === driver.bulk);
          },
          fill,
        );
      },
    },
    {
      name: 'answers a host that has stopped sending, then hangs up',
      ...skipUnless(driver.halfCloses, 'the transport is never half closed'),
      run: () => {
        const channel = driver.create();
        return withChannel(channel, async (user) => {
          const host = await driver.connect();
          await host.send(0, KB);
          await host.end();
          await until(() => user.count('ended') === 1);
          assert.deepEqual(user.seen, ['connected', 'data', 'ended']);
          channel.write(pattern(0, 8 * MB));
          channel.hangUp();
          await host.receive(0, 8 * MB);
          await host.closed();
          await until(() => user.count('disconnected') === 1);
        });
      },
    },
    {
      name: 'delivers what a host sent before it went',
      ...skipUnless(driver.tellsHost, noPresence),
      run: () =>
        withChannel(driver.create(), async (user) => {
          const host = await driver.connect();
          await host.send(0, 3 * KB);
          await host.close();
          await until(() => user.count('disconnected') === 1);
          assert.equal(user.received, 3 * KB);
        }),
    },
    {
      name: 'begins anew after a reset from within an event',
      run: () => {
        const channel = driver.create();
        let resets = 0;
        const resetOnce = (event: EventName, user: Recorder) => {
          if (event !== 'data' || user.received < KB || resets > 0) return;
          resets++;
          channel.reset('the test says so');
        };
        return withChannel(
          channel,
          async (user) => {
            if (driver.tellsHost) channel.reset('there is no host yet');
            const first = await driver.connect();
            await first.send(0, KB);
            await until(() => user.count('disconnected') === 1);
            let next = first;
            if (!driver.mixesHosts) {
              await first.closed();
              next = await driver.connect();
            }
            await until(() => user.count('connected') === 2);
            await next.send(0, KB);
            await until(() => user.received === KB);
            channel.write(pattern(0, KB));
            await next.receive(0, KB);
            assert.equal(user.count('disconnected'), 1);
          },
          resetOnce,
        );
      },
    },
    {
      name: 'says nothing after close, in whatever event that was called',
      run: async () => {
        for (const last of eventsOf(driver)) {
          const channel = driver.create();
          let isClosed = false;
          let written = 0;
          const closeIn = (event: EventName) => {
            // Bounded: a host that has gone already, of which the kernel has not heard yet, takes everything.
            if (event === 'connected') {
              written = 0;
              while (written < 8 * MB && channel.write(pattern(written, 64 * KB))) written += 64 * KB;
            }
            if (event !== last) return;
            isClosed = true;
            void channel.close();
          };
          await withChannel(
            channel,
            async (user) => {
              const host = await driver.connect();
              const ignore = () => {};
              const sending = host.send(0, MB);
              void (last === 'ended' ? sending.then(() => host.end()) : sending).catch(ignore);
              if (last === 'drained') void host.receive(0, 64 * MB).catch(ignore);
              if (last === 'disconnected') {
                // A host that comes and goes within one turn of the agent's loop was never there.
                await until(() => user.count('connected') > 0, 'event connected');
                await host.close();
              }
              await until(() => isClosed, `event ${last}`);
              const seen = user.seen.length;
              channel.resume();
              channel.hangUp();
              assert.equal(channel.write(pattern(0, KB)), true);
              await channel.close();
              await host.close();
              await sleep(QUIET_MS);
              assert.equal(user.seen.length, seen, `${user.seen} after close in ${last}`);
              assert.equal(channel.state, 'closed');
            },
            closeIn,
          );
          await driver.release();
        }
      },
    },
    {
      name: 'leaves no descriptor behind',
      run: async () => {
        const use = () =>
          withChannel(driver.create(), async (user) => {
            const host = await driver.connect();
            await host.send(0, KB);
            await until(() => user.received === KB);
            await host.close();
          }).then(() => driver.release());
        await use();
        const before = descriptors();
        for (let i = 0; i < 10; i++) await use();
        await until(() => descriptors() <= before, 'as few descriptors as before');
      },
    },
  ];
  return tests.map((test) => ({ ...test, run: () => test.run().finally(() => driver.release()) }));
}

function eventsOf(driver: ChannelDriver): EventName[] {
  const events: EventName[] = ['connected', 'data', 'drained'];
  if (driver.halfCloses) events.push('ended');
  if (driver.tellsHost) events.push('disconnected');
  return events;
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
