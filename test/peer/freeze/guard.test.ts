import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { unixPair } from '#shared/native/unix-socket.ts';
import { GuardClient } from '#system-agent/freeze/guard/client.ts';
import { startGuard } from '#system-agent/freeze/guard/start.ts';
import { Program, temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

/** The build makes it where there is a C compiler. */
const GUARD = path.resolve('dist/native/uga-freeze-guard');
const skip = existsSync(GUARD) ? false : 'the guard of freezes is not built: cc is not installed';

/** The real guard on descriptors that nobody can freeze: thawing them is an error that changes nothing. */
describe('the guard of freezes', { skip }, () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let fd: number;
  let guard: Program;
  let client: GuardClient;
  let events: string[];
  let nothing: number;

  beforeEach(async () => {
    folder = temporaryFolder();
    events = [];
    const [ours, theirs] = unixPair();
    fd = ours;
    guard = new Program([GUARD], {}, [theirs]);
    closeSync(theirs);
    client = new GuardClient(ours, {
      leaseEnded: () => events.push('lease'),
      lost: () => events.push('lost'),
    });
    nothing = openSync('/dev/null', 'r');
    const records = openSync(folder.path, 'r');
    await client.recordIn(records);
    closeSync(records);
  });

  afterEach(async () => {
    client.close();
    closeSync(nothing);
    await guard[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const record = () => {
    const file = path.join(folder.path, 'freeze');
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };

  it('forgets what is thawed, and ends with its agent', async () => {
    await client.lease(60);
    await client.hold(nothing);
    await client.forget();
    client.close();
    assert.deepEqual(await guard.exited, { code: 0, signal: null });
    assert.equal(record(), undefined);
  });

  it('says and records that the lease has ended, and then obeys nothing but the end', async () => {
    await client.lease(1);
    await client.hold(nothing);
    await until(() => events.length > 0, 'the end of the lease');
    assert.equal(record(), 'ended: the lease has ended\n');
    const late = client.lease(60).then(
      () => 'taken',
      () => 'refused',
    );
    await sleep(300); // thaws again every 100 ms
    assert.deepEqual(events, ['lease']);
    client.close();
    assert.equal(await late, 'refused');
    assert.deepEqual(await guard.exited, { code: 0, signal: null });
    assert.equal(record(), 'ended: the lease has ended\n');
  });

  it('can be given more time', async () => {
    await client.lease(1);
    await client.lease(60);
    await sleep(1_500);
    assert.deepEqual(events, []);
    assert.equal(record(), undefined);
  });

  it('records the death of its agent, and is deaf to a polite end until then', async () => {
    await client.lease(60);
    await client.hold(nothing);
    process.kill(guard.pid, 'SIGTERM');
    process.kill(guard.pid, 'SIGINT');
    await client.lease(60);
    client.close();
    assert.deepEqual(await guard.exited, { code: 0, signal: null });
    assert.equal(record(), 'ended: the agent died\n');
  });

  it('hears a polite end while nothing is frozen', async () => {
    process.kill(guard.pid, 'SIGTERM');
    assert.deepEqual(await guard.exited, { code: 0, signal: null });
    assert.deepEqual(events, ['lost']);
  });

  for (const [what, bytes] of [
    ['half a message', 'L\0\0'],
    ['an unknown message', 'X\0\0\0\0\0\0\0'],
    ['a file system without a descriptor', 'M\0\0\0\0\0\0\0'],
    ['a lease of nothing', 'L\0\0\0\0\0\0\0'],
  ] as const) {
    it(`takes ${what} for the end of its agent`, async () => {
      await client.lease(60);
      writeSync(fd, bytes);
      assert.deepEqual(await guard.exited, { code: 0, signal: null });
      await until(() => events.length > 0, 'the news of it');
      assert.deepEqual(events, ['lost']);
      assert.equal(record(), 'ended: the agent died\n');
    });
  }

  it('holds nothing without a lease', async () => {
    await assert.rejects(client.hold(nothing), /the guard of the freeze is gone/);
    assert.equal(record(), undefined);
  });

  it('is started by the agent where no service manager listens', async () => {
    const ends: string[] = [];
    const place = { socket: path.join(folder.path, 'no.sock'), program: GUARD };
    const own = startGuard(place, { leaseEnded: () => ends.push('lease'), lost: () => ends.push('lost') });
    await own.lease(60);
    await own.forget();
    own.close();
    const none = startGuard(
      { ...place, program: '/nonexistent' },
      { leaseEnded: () => {}, lost: () => ends.push('lost') },
    );
    await assert.rejects(none.lease(60), /gone/);
    await until(() => ends.length > 0, 'the news of it');
    assert.deepEqual(ends, ['lost']);
  });
});
