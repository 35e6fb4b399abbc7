import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { describe, it } from 'node:test';
import { writeAvailable } from '#shared/native/descriptor.ts';
import { connectUnix, listenUnix } from '#shared/native/unix-socket.ts';
import { LIMITS } from '#system-agent/sso/machine.ts';
import { session } from '#test/fakes/sessions.ts';
import { PrivateBus } from '#test/support/dbus/daemon.ts';
import { without } from '#test/support/programs.ts';
import { readToEnd, SsoRig } from '#test/support/sso/rig.ts';
import { until } from '#test/support/until.ts';

const skip = without('dbus-daemon') || (process.geteuid?.() === 0 ? false : 'not root');

const greeter = session({ id: 'c1', uid: 102, user: 'Debian-gdm', class: 'greeter' });
const locked = session({ id: '2', locked: true, service: 'gdm-password' });
const unlocked = session({ id: '2', service: 'gdm-password' });

/** The wire of the original module, byte by byte. */
const BLOCK = Buffer.from('00000005616c69636573656372657400', 'hex');

describe('the credential broker on a bus and a socket', { skip }, () => {
  it('hands user and password to whoever brings the announced token, once', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [greeter])).ready();
    assert.deepEqual(await rig.login(), { return: { state: 'announced' } });
    const token = await rig.token();
    assert.match(token, /^[0-9a-f]{32}$/);
    assert.deepEqual(await rig.show(token), BLOCK);
    assert.deepEqual(await rig.show(token), Buffer.alloc(0));
  });

  it('gives nothing for a wrong token, and nothing at all after three', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [greeter])).ready();
    await rig.login();
    const token = await rig.token();
    for (const wrong of ['0'.repeat(32), `${token}0`]) assert.equal((await rig.show(wrong)).length, 0);
    assert.deepEqual(await rig.show(token), BLOCK);
    await rig.login();
    const second = await rig.token();
    for (const wrong of ['123456', Buffer.alloc(4096), token]) {
      const fd = connectUnix(rig.socket);
      writeAvailable(fd, Buffer.from(wrong as string));
      assert.equal((await readToEnd(fd)).length, 0);
      closeSync(fd);
    }
    assert.equal((await rig.show(second)).length, 0);
  });

  it('reads a token that comes in pieces', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [greeter])).ready();
    await rig.login();
    const token = Buffer.from(await rig.token());
    const fd = connectUnix(rig.socket);
    writeAvailable(fd, token.subarray(0, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeAvailable(fd, token.subarray(5));
    assert.deepEqual(await readToEnd(fd), BLOCK);
    closeSync(fd);
  });

  it('announces again with a fresh token, and waits for a greeter that comes late', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [])).ready();
    assert.deepEqual(await rig.login(), { return: { state: 'waiting' } });
    assert.deepEqual(rig.tokens, []);
    rig.sessions.change([greeter]);
    const first = await rig.token();
    rig.clock += LIMITS.repeatMs;
    rig.sessions.change([{ ...greeter, id: 'c2' }]);
    const second = await rig.token();
    assert.notEqual(first, second);
    assert.equal((await rig.show(first)).length, 0);
    assert.deepEqual(await rig.show(second), BLOCK);
  });

  it('announces nothing to an unlocked session, and a token dies when the session is unlocked', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [unlocked])).ready();
    assert.match((await rig.login()).error?.desc ?? '', /not locked/);
    rig.sessions.change([locked]);
    assert.deepEqual(await rig.login(), { return: { state: 'announced' } });
    const token = await rig.token();
    rig.sessions.change([unlocked]);
    rig.sessions.change([locked]);
    assert.equal((await rig.show(token)).length, 0);
    assert.deepEqual(rig.tokens, []);
  });

  it("leaves another user's locked session locked", async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [locked])).ready();
    assert.match((await rig.login('bob')).error?.desc ?? '', /another user/);
    assert.deepEqual([rig.tokens, rig.unlocked, rig.checked], [[], [], []]);
  });

  it('has PAM check the password where the lock screen knows no tokens, and then unlocks', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [{ ...locked, service: 'lightdm' }])).ready();
    assert.deepEqual(await rig.ask('uga-session-unlock', 'alice', 'secret'), { return: { state: 'checking' } });
    await until(() => rig.unlocked.length > 0, 'unlocked');
    assert.deepEqual([rig.checked, rig.unlocked], [['alice secret'], ['2']]);
    rig.verdict = undefined;
    await rig.ask('uga-session-unlock', 'alice', 'wrong');
    await until(() => rig.checked.length > 1, 'checked');
    assert.equal(rig.unlocked.length, 1);
  });

  it('refuses what is no login', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [greeter])).ready();
    for (const [user, password] of [
      ['alice', ''],
      ['alice', 'a\0b'],
      ['alice', 'x'.repeat(512)],
      ['', 'x'],
      ['a'.repeat(257), 'x'],
      ['root', 'x'],
      ['root@internal', 'x'],
      ['mallory', 'x'],
    ] as const) {
      assert.ok((await rig.login(user, password)).error, `${user} ${password}`);
    }
    assert.deepEqual(rig.tokens, []);
    assert.deepEqual(await rig.login('alice@internal', 'x'.repeat(300)), { return: { state: 'announced' } });
    const block = await rig.show(await rig.token());
    assert.equal(block.toString('latin1'), `\0\0\0\x05alice${'x'.repeat(300)}\0`);
    await rig.login('ünal', 'pässwörd');
    assert.equal(String((await rig.show(await rig.token())).subarray(4)), 'ünalpässwörd\0');
  });

  it('turns callers away who are not root, without spending the token', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await SsoRig.start(bus, [greeter], { callerUid: 65_534 });
    await rig.ready();
    await rig.login();
    const token = await rig.token();
    for (let count = 0; count < 5; count++) assert.equal((await rig.show(token)).length, 0);
    assert.equal(rig.broker.describe().state, 'announced');
  });

  it('holds few connections, each not long', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [greeter])).ready();
    await rig.login();
    const idle = Array.from({ length: 8 }, () => connectUnix(rig.socket));
    const token = await rig.token();
    assert.equal((await rig.show(token)).length, 0, 'one more is turned away');
    for (const fd of idle) closeSync(fd);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(await rig.show(token), BLOCK, 'and then there is room');
  });

  it('says who has taken the socket before it, and announces nothing', async () => {
    await using bus = await new PrivateBus().start();
    let off: string | undefined = 'not yet';
    await using rig = await SsoRig.start(bus, [greeter], { isOff: () => off });
    const squatter = listenUnix(rig.socket, 1);
    off = undefined;
    rig.broker.look();
    const why = (await rig.login()).error?.desc ?? '';
    assert.ok(why.includes(`process ${process.pid} of user 0`), why);
    assert.deepEqual(rig.tokens, []);
    closeSync(squatter);
  });

  it('listens and has its name only while logins are wanted', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [greeter])).ready();
    await rig.login();
    const token = await rig.token();
    rig.off = 'the port is gone';
    rig.broker.look();
    assert.throws(() => connectUnix(rig.socket), { code: 'ECONNREFUSED' });
    assert.deepEqual(rig.broker.describe(), { state: 'off', why: 'the port is gone' });
    assert.match((await rig.login()).error?.desc ?? '', /port is gone/);
    rig.off = undefined;
    rig.broker.look();
    await rig.ready();
    assert.equal((await rig.show(token)).length, 0);
  });

  it('gives everybody something while many come at once, and only one the password', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [greeter])).ready();
    await Promise.all([rig.login(), rig.login('bob'), rig.login()]);
    await until(() => rig.tokens.length > 0, 'announced');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const token = rig.tokens.at(-1) ?? '';
    const answers = await Promise.all(Array.from({ length: 5 }, () => rig.show(token)));
    assert.equal(answers.filter(({ length }) => length > 0).length, 1);
  });

  it('leaves neither password nor token in a log or in its own memory', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [greeter])).ready();
    const planted = ['Pl4nted', 'Passw0rd'];
    // Joined in bytes, and cut as a port may cut them: as a string the whole of it exists nowhere here.
    const pieces = ['{"execute":"uga-session-login","arguments":{"username":"alice","password":"', ...planted, '"}}'];
    const request = () => pieces.map((text) => Buffer.alloc(text.length, text));
    await rig.send(...request());
    const token = await rig.token();
    assert.ok(countInMemory(...planted) > 0, 'it is there while it is needed');
    (await rig.show(token)).fill(0);
    await rig.send(...request());
    rig.sessions.change([unlocked]);
    assert.equal(countInMemory(...planted), 0);
    const lines = rig.log.lines.map((line) => JSON.stringify(line)).join('\n');
    for (const secret of [...planted, token]) assert.ok(!lines.includes(secret));
  });
});

/** How often the joined texts stand in this process's memory. */
function countInMemory(...texts: readonly string[]): number {
  const hex = texts.map((text) => Buffer.from(text).toString('hex')).join('');
  const args = ['test/support/memory-search.js', String(process.pid), hex];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}
