import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonReader } from '#protocol/qga/reader.ts';
import { formatJson } from '#shared/json/format.ts';
import { silent } from '#shared/log/log.ts';
import type { NewPassword } from '#system-agent/passwords/passwords.ts';
import { commands } from '#system-agent/qga/commands/index.ts';
import { Dispatcher } from '#system-agent/qga/dispatcher.ts';
import { fakePlatform } from '#test/fakes/platform.ts';

/** Commands on ports that write down what is asked of them. */
function lab() {
  const calls: unknown[] = [];
  const record =
    (name: string) =>
    async (...args: unknown[]) => {
      calls.push([name, ...args]);
    };
  const platform = {
    ...fakePlatform(),
    authorizedKeys: { list: async () => ['first', 'last'], add: record('add'), remove: record('remove') },
    passwords: {
      set: async (wish: NewPassword) => {
        calls.push(['password', { ...wish, password: Buffer.from(wish.password) }]); // what it is given is wiped
      },
    },
    timeSetting: { set: record('set'), setFromHardware: record('setFromHardware') },
  };
  const dispatcher = new Dispatcher(commands, platform, () => undefined, silent);
  const ask = async (execute: string, args: string) => {
    const [event] = new JsonReader({ forGuest: true }).push(
      Buffer.from(`{"execute":"${execute}","arguments":${args}}`),
    );
    assert.equal(event?.kind, 'value');
    const { reply } = await dispatcher.answer(event.value);
    return reply && formatJson(reply);
  };
  return { calls, ask };
}

const DONE = '{"return": {}}';

describe('guest-set-user-password', () => {
  it('hands on the bytes, and whether they are a hash', async () => {
    const { calls, ask } = lab();
    const args = '{"username":"alice","password":"YTpi\\n","crypted":true}';
    assert.equal(await ask('guest-set-user-password', args), DONE);
    assert.deepEqual(calls, [['password', { user: 'alice', password: Buffer.from('a:b'), isHash: true }]]);
  });

  it('needs all three arguments, and base64', async () => {
    const { calls, ask } = lab();
    for (const [args, words] of [
      ['{"username":"a","password":"YQ=="}', "Parameter 'crypted' is missing"],
      ['{"username":"a","password":"YQ==","crypted":"no"}', "Invalid parameter type for 'crypted', expected: boolean"],
      ['{"username":"a","password":"@@@@","crypted":false}', 'Base64 data contains invalid characters'],
    ] as const) {
      assert.equal((await ask('guest-set-user-password', args))?.includes(words), true, args);
    }
    assert.deepEqual(calls, []);
  });
});

describe('keys', () => {
  it('come in reverse order', async () => {
    const { ask } = lab();
    const answer = await ask('guest-ssh-get-authorized-keys', '{"username":"alice"}');
    assert.equal(answer, '{"return": {"keys": ["last", "first"]}}');
  });

  it('are added, or are all there is, or removed', async () => {
    const { calls, ask } = lab();
    const add = 'guest-ssh-add-authorized-keys';
    assert.equal(await ask(add, '{"username":"a","keys":["k",""]}'), DONE);
    assert.equal(await ask(add, '{"username":"a","keys":[],"reset":true}'), DONE);
    assert.equal(await ask('guest-ssh-remove-authorized-keys', '{"username":"a","keys":["k"]}'), DONE);
    assert.deepEqual(calls, [
      ['add', 'a', ['k', ''], { reset: false }],
      ['add', 'a', [], { reset: true }],
      ['remove', 'a', ['k']],
    ]);
  });

  for (const key of ['# c', 'a\\nb', 'a\\u0000b']) {
    it(`'${key}' refuses the whole request`, async () => {
      const { calls, ask } = lab();
      for (const action of ['add', 'remove']) {
        const answer = await ask(`guest-ssh-${action}-authorized-keys`, `{"username":"a","keys":["k","${key}"]}`);
        assert.match(answer ?? '', /"desc": "invalid OpenSSH public key: '/);
      }
      assert.deepEqual(calls, []);
    });
  }
});

describe('guest-set-time', () => {
  it('takes the years 1970 to 2069, to the nanosecond', async () => {
    const { calls, ask } = lab();
    for (const time of [0n, 1_893_456_000_123_456_789n, 3_155_759_999_999_999_999n]) {
      assert.equal(await ask('guest-set-time', `{"time":${time}}`), DONE);
      assert.deepEqual(calls.pop(), ['set', time]);
    }
    for (const time of [-1n, 3_155_760_000_000_000_000n]) {
      assert.match((await ask('guest-set-time', `{"time":${time}}`)) ?? '', /"desc": "Invalid time"/);
    }
    assert.deepEqual(calls, []);
  });

  it('without a time follows the hardware clock', async () => {
    const { calls, ask } = lab();
    assert.equal(await ask('guest-set-time', '{}'), DONE);
    assert.deepEqual(calls, [['setFromHardware']]);
  });
});
