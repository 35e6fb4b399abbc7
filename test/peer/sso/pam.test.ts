import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encodeCredentials } from '#protocol/ovirt/credential-block.ts';
import { writeAvailable } from '#shared/native/descriptor.ts';
import { acceptUnix, listenUnix } from '#shared/native/unix-socket.ts';
import { session } from '#test/fakes/sessions.ts';
import { PrivateBus } from '#test/support/dbus/daemon.ts';
import { temporaryFolder, without } from '#test/support/programs.ts';
import { PamLab, withoutPam } from '#test/support/sso/pam.ts';
import { SsoRig } from '#test/support/sso/rig.ts';
import { until } from '#test/support/until.ts';

const skip = withoutPam || without('dbus-daemon') || (process.geteuid?.() === 0 ? false : 'not root');

const greeter = session({ id: 'c1', uid: 102, user: 'Debian-gdm', class: 'greeter' });
const ASKED = 'asked 1 Token?';
const TOKEN = '0123456789abcdef0123456789abcdef';

describe('pam_uga_cred', { skip }, () => {
  const name = `uga-test-pam-${process.pid}`;
  let lab: PamLab;

  before(() => {
    lab = new PamLab(name);
    lab.service('greeter', 'auth requisite MODULE', 'auth required TEST show');
  });
  after(() => lab[Symbol.dispose]());

  /** An agent that answers with these bytes, in these pieces, whatever it is shown. */
  async function agentSays(pieces: readonly Buffer[], user?: string): Promise<readonly string[]> {
    const listener = listenUnix(`\0${name}`, 4);
    try {
      const result = lab.authenticate('greeter', user, TOKEN);
      let fd: number | undefined;
      await until(() => {
        fd = acceptUnix(listener);
        return fd !== undefined;
      }, 'the module comes');
      for (const piece of pieces) {
        writeAvailable(fd ?? -1, piece);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      closeSync(fd ?? -1);
      return await result;
    } finally {
      closeSync(listener);
    }
  }

  it('takes user and password from our agent, over the bus and the socket', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [greeter], { socket: `\0${name}` })).ready();
    for (const [user, password] of [
      ['alice', 'secret'],
      ['alice', 'x'.repeat(300)],
      ['ünal', 'pässwörd €'],
    ] as const) {
      await rig.login(user, password);
      const lines = await lab.authenticate('greeter', undefined, await rig.token());
      assert.deepEqual(lines, [ASKED, `password ${password}`, 'result Success', `user ${user}`]);
    }
    await rig.login();
    const token = await rig.token();
    for (const wrong of ['0'.repeat(32), 'x', token.slice(1)]) {
      assert.deepEqual((await lab.authenticate('greeter', undefined, wrong)).slice(0, 2), [
        ASKED,
        'result User not known to the underlying authentication module',
      ]);
    }
  });

  it('takes what ovirt-guest-agent sends, whole or in pieces', async () => {
    const block = Buffer.from('0000000561 6c696365 736563726574 00'.replaceAll(' ', ''), 'hex');
    const expected = [ASKED, 'password secret', 'result Success', 'user alice'];
    assert.deepEqual(await agentSays([block]), expected);
    assert.deepEqual(await agentSays([block.subarray(0, 3), block.subarray(3, 8), block.subarray(8)]), expected);
  });

  it('takes user and password from a server that does as ovirt-guest-agent did', {
    skip: without('python3'),
  }, async () => {
    const block = '00000005616c69636573656372657400';
    const unknown = 'result User not known to the underlying authentication module';
    for (const [token, expected] of [
      ['123456', [ASKED, 'password secret', 'result Success', 'user alice']],
      ['654321', [ASKED, unknown]],
    ] as const) {
      const args = ['test/support/sso/original_server.py', name, '123456', block];
      const server = spawn('python3', args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(server, 'exit');
      await once(server.stdout, 'data');
      const lines = await lab.authenticate('greeter', undefined, token);
      assert.deepEqual(lines.slice(0, expected.length), expected);
      assert.deepEqual(await ended, [0, null]);
    }
  });

  it('believes no length, and takes nothing that is not whole', async () => {
    const u32 = (value: number) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    };
    const blocks = [
      Buffer.alloc(0),
      u32(5),
      Buffer.concat([u32(0), Buffer.from('secret\0')]),
      Buffer.concat([u32(0xffff_ffff), Buffer.from('alicesecret\0')]),
      Buffer.concat([u32(0x8000_0000), Buffer.from('alicesecret\0')]),
      Buffer.concat([u32(12), Buffer.from('alicesecret\0')]),
      Buffer.concat([u32(5), Buffer.from('alicesecret')]),
      Buffer.concat([u32(5), Buffer.from('alice\0')]),
      Buffer.concat([u32(5), Buffer.from('al\0cesecret\0')]),
      Buffer.concat([u32(5), Buffer.from(`alice${'x'.repeat(2000)}\0`)]),
    ];
    for (const block of blocks) {
      const lines = await agentSays([block]);
      assert.match(lines.join(), /result User not known/, block.toString('hex').slice(0, 40));
      assert.doesNotMatch(lines.join(), /password/);
    }
  });

  it("does not unlock another user's session", async () => {
    const lines = await agentSays([encodeCredentials('bob', Buffer.from('secret'))], 'alice');
    assert.deepEqual(lines, [ASKED, 'result Authentication service cannot retrieve user credentials', 'user alice']);
    assert.match((await agentSays([encodeCredentials('alice', Buffer.from('secret'))], 'alice')).join(), /Success/);
  });

  it('cuts a domain off where the name without it is an account', async () => {
    const said = async (user: string) => (await agentSays([encodeCredentials(user, Buffer.from('x'))])).at(-1);
    assert.equal(await said('daemon@internal'), 'user daemon');
    assert.equal(await said('no-such-user@example.org'), 'user no-such-user@example.org');
    assert.equal(await said('@daemon'), 'user @daemon');
  });

  it('shows its token to nobody but root', async () => {
    const squatter = spawn(
      '/usr/bin/python3',
      [
        '-c',
        'import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1].replace("@","\\0"))\ns.listen(1)\nprint("up",flush=True)\nc,_=s.accept()\nprint("token",repr(c.recv(99)),flush=True)',
        `@${name}`,
      ],
      { uid: 65_534, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let said = '';
    squatter.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    try {
      await until(() => said !== '', 'the name is taken');
      assert.match((await lab.authenticate('greeter', undefined, TOKEN)).join(), /User not known/);
      await until(() => said.includes('token'), 'the squatter has seen the end');
      assert.equal(said, "up\ntoken b''\n");
    } finally {
      squatter.kill();
    }
  });

  it('gives up an agent that is not there, dies half-way, or says nothing', async () => {
    assert.match((await lab.authenticate('greeter', undefined, TOKEN)).join(), /User not known/);
    assert.match((await agentSays([Buffer.from([0, 0, 0, 5, 97])])).join(), /User not known/);
    const listener = listenUnix(`\0${name}`, 1);
    try {
      assert.match(
        (await lab.authenticate('greeter', undefined, TOKEN)).join(),
        /User not known/,
        'after three seconds',
      );
    } finally {
      closeSync(listener);
    }
  });

  it('has its greeter asked once: nothing that follows gets the token', async () => {
    lab.service('gdm', 'auth requisite MODULE', 'auth required TEST password=secret');
    const lines = await lab.authenticate('gdm', undefined, TOKEN);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('asked')),
      [ASKED],
    );
  });
});

describe('uga-pam-check', { skip }, () => {
  let lab: PamLab;
  const ask = (user: string, password: string) => lab.check(encodeCredentials(user, Buffer.from(password)));

  before(() => {
    lab = new PamLab('unused');
    lab.service('check', 'auth required TEST password=secret', 'account required TEST');
  });
  after(() => lab[Symbol.dispose]());

  it('says whose the password is', async () => {
    assert.deepEqual(await ask('daemon', 'secret'), { status: 0, stdout: '1\n', stderr: '' });
  });

  it('says no to a wrong password and to an account that may not be used', async () => {
    assert.equal((await ask('daemon', 'wrong')).status, 1);
    lab.service('check', 'auth required TEST password=secret', 'account required TEST expired');
    assert.deepEqual(await ask('daemon', 'secret'), { status: 1, stdout: '', stderr: '' });
    lab.service('check', 'auth required TEST password=secret', 'account required TEST');
  });

  it('answers one question only', async () => {
    lab.service('check', 'auth required MODULE', 'auth required TEST password=secret', 'account required TEST');
    assert.equal((await ask('daemon', 'secret')).status, 1);
    lab.service('check', 'auth required TEST password=secret', 'account required TEST');
  });

  it('tells the user that PAM has made of it', async () => {
    lab.service('check', 'auth required TEST password=secret other=bin', 'account required TEST');
    assert.equal((await ask('daemon', 'secret')).stdout, '2\n');
    lab.service('check', 'auth required TEST password=secret', 'account required TEST');
  });

  it('cannot say for what is no user and password, and takes no arguments', async () => {
    for (const input of ['', 'x', '\0\0\0\x05alice', `\0\0\0\x05alice${'x'.repeat(1000)}\0`]) {
      assert.equal((await lab.check(Buffer.from(input, 'latin1'))).status, 2);
    }
    assert.equal((await lab.check(encodeCredentials('daemon', Buffer.from('secret')), 'daemon')).status, 2);
  });
});

describe('the block of user and password', { skip: withoutPam }, () => {
  it('is parsed within its bounds, whatever it is', () => {
    using folder = temporaryFolder();
    const target = path.join(folder.path, 'fuzz');
    const source = 'test/support/sso/credentials_fuzz.c';
    const seed = String(process.env.FUZZ_SEED ?? 1);
    if (without('clang') === false) {
      const flags = ['-g', '-DLIBFUZZER', '-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=all'];
      execFileSync('clang', [...flags, '-o', target, source]);
      execFileSync(target, ['-runs=500000', `-seed=${seed}`, '-max_len=900'], { stdio: 'ignore', cwd: folder.path });
    } else {
      const flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-g', '-fsanitize=address,undefined'];
      execFileSync('cc', [...flags, '-fno-sanitize-recover=all', '-o', target, source]);
      execFileSync(target, ['300000', seed]);
    }
  });
});
