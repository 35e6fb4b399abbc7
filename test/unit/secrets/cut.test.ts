import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OvirtReader } from '#protocol/ovirt/message.ts';
import { decodeBase64, decodeBase64Secret } from '#protocol/qga/base64.ts';
import { JsonReader } from '#protocol/qga/reader.ts';
import { Secret } from '#shared/bytes/secret.ts';
import { cutTexts } from '#shared/json/cut-member.ts';
import { random } from '#test/support/random.ts';
import { splits } from '#test/support/splits.ts';

const PLANTED = 'pl4nted-Passw0rd';
const TEXTS = [
  PLANTED,
  '',
  'a',
  '"',
  '\\',
  '/\b\f\n\r\t\u0000\u007f',
  'ä€😀\u07ff\u0800\uffff',
  '}{][,:"password":"x"',
];

/** JSON with every character escaped. */
const escaped = (text: string) =>
  `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`;

describe('cutting a text out of JSON', () => {
  it('gives what JSON.parse would have, and leaves the rest as it was', () => {
    for (const text of TEXTS) {
      for (const written of [JSON.stringify(text), escaped(text)]) {
        for (const name of ['"password"', escaped('password')]) {
          const line = Buffer.from(`{"a":["password",{"password":"deep"}] ,${name} :\t${written}, "z":"{\\"" }`);
          assert.equal(cutTexts(line, 'password')?.toString(), text);
          assert.deepEqual(JSON.parse(line.toString()), {
            a: ['password', { password: 'deep' }],
            password: '',
            z: '{"',
          });
        }
      }
    }
  });

  it('takes the last of several, as JSON.parse does, and leaves none', () => {
    const line = Buffer.from(`{"password":"first","password":"${PLANTED}","pass\\u0077ord" : "last"}`);
    assert.equal(cutTexts(line, 'password')?.toString(), 'last');
    assert.doesNotMatch(line.toString(), /first|last|pl4nted/);
  });

  it('finds none where there is none', () => {
    for (const text of [
      '',
      '{}',
      '{"password":1}',
      '{"passwort":"x"}',
      '{"a":"password"}',
      '["password","x"]',
      '"password"',
    ]) {
      const line = Buffer.from(text);
      assert.equal(cutTexts(line, 'password'), undefined);
      assert.equal(line.toString(), text);
    }
  });

  it('leaves nothing of it in a line that is cut off anywhere', () => {
    const whole = `{"__name__":"login","password":"${PLANTED}`;
    for (let end = whole.indexOf(PLANTED); end <= whole.length; end++) {
      const line = Buffer.from(whole.slice(0, end));
      cutTexts(line, 'password');
      assert.doesNotMatch(line.toString(), /pl4/);
    }
  });

  it('never leaves a password that JSON.parse would see, whatever the line', () => {
    const chance = random(Number(process.env.FUZZ_SEED ?? 1));
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      ' ',
      '"password"',
      '"pass\\u0077ord"',
      '"x"',
      '"__name__"',
      '1',
      '\\"',
      'null',
    ];
    let parsed = 0;
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({ length: 1 + chance(12) }, () => pieces[chance(pieces.length)]).join('');
      for (const line of [Buffer.from(text), Buffer.from(`{"password":${text}}`), Buffer.from(`{${text}:"x"}`)]) {
        cutTexts(line, 'password');
        let value: unknown;
        try {
          value = JSON.parse(line.toString());
        } catch {
          continue;
        }
        parsed++;
        const password = typeof value === 'object' && value !== null ? Reflect.get(value, 'password') : undefined;
        assert.ok(typeof password !== 'string' || password === '', line.toString());
      }
    }
    assert.ok(parsed > 200, `${parsed}`);
  });
});

/** Everything in the members that is not the secret. */
const others = (members: ReadonlyMap<string, unknown>) => JSON.stringify([...members]);

describe("the password in an oVirt host's line", () => {
  it('is a secret, however the line is cut, and is in nothing else', () => {
    const line = Buffer.from(`${JSON.stringify({ __name__: 'login', username: 'alice', password: PLANTED })}\n`);
    for (const parts of splits(line)) {
      const reader = new OvirtReader('host');
      const [event] = parts.flatMap((part) => reader.push(part));
      assert.ok(event?.kind === 'message');
      const password = event.message.members.get('password');
      assert.ok(password instanceof Secret);
      assert.equal(password.bytes.toString(), PLANTED);
      assert.doesNotMatch(others(event.message.members), /pl4nted/);
      password.wipe();
    }
  });

  it('is a text where a guest sends one', () => {
    const [event] = new OvirtReader('guest').push(Buffer.from('{"__name__":"echo","password":"x"}\n'));
    assert.ok(event?.kind === 'message');
    assert.equal(event.message.members.get('password'), 'x');
  });
});

describe("the password among a QEMU request's arguments", () => {
  const read = (parts: readonly Uint8Array[], reader = new JsonReader({ forGuest: true })) =>
    parts.flatMap((part) => reader.push(part));
  const passwordIn = (value: unknown) => {
    assert.ok(value instanceof Map);
    return (value.get('arguments') as ReadonlyMap<string, unknown>).get('password');
  };

  it('is a secret, however the bytes are cut, and they are wiped', () => {
    const request = Buffer.from(`{"execute":"x","arguments":{"username":"a","password":"${PLANTED}","n":1}}`);
    for (const parts of splits(request)) {
      const mine = parts.map((part) => Buffer.from(part));
      const [event] = read(mine);
      assert.ok(event?.kind === 'value');
      const password = passwordIn(event.value);
      assert.ok(password instanceof Secret);
      assert.equal(password.bytes.toString(), PLANTED);
      password.wipe();
      assert.doesNotMatch(Buffer.concat(mine).toString(), /pl4|nted|Pass|w0rd/);
    }
  });

  it('is decoded as every other string', () => {
    for (const text of TEXTS.filter((one) => !one.includes('\uffff'))) {
      for (const written of [JSON.stringify(text), escaped(text)]) {
        const [event] = read([Buffer.from(`{"arguments":{"password":${written}}}`)]);
        assert.ok(event?.kind === 'value', written);
        const password = passwordIn(event.value) as Secret;
        assert.equal(String(password.bytes), text);
        password.wipe();
      }
    }
  });

  it('fails as every other string', () => {
    for (const written of ['"\\x"', '"\\ud800"', '"\u00ff\\uffff"', '\'\\"']) {
      const request = Buffer.from(`{"arguments":{"password":${written}}}`);
      const [secret] = read([Buffer.from(request)]);
      const [plain] = read([Buffer.from(request)], new JsonReader());
      assert.deepEqual(secret, plain);
    }
  });

  it('is quoted by no error', () => {
    const reader = new JsonReader({ forGuest: true });
    const events = reader.push(Buffer.from(`{"arguments":{"password":"${PLANTED}\u0001"}}`));
    assert.ok(events.some(({ kind }) => kind === 'error'));
    assert.doesNotMatch(JSON.stringify(events), /pl4nted/);
  });

  it('is wiped where its request is no request', () => {
    let held = 0;
    Secret.watch((some) => {
      held = Number(some);
    });
    const reader = new JsonReader({ forGuest: true });
    for (const end of ['"password":"y"}}', '"b" 1}}', ']', '\u00ff']) {
      reader.push(Buffer.from(`{"arguments":{"password":"${PLANTED}",${end}`, 'latin1'));
    }
    reader.push(Buffer.from(`{"arguments":{"password":"${PLANTED}",`));
    reader.reset();
    assert.equal(held, 0);
    Secret.watch(() => {});
  });

  it('elsewhere is a string: an id comes back as it was sent', () => {
    for (const request of [
      '{"id":{"password":"x"}}',
      '{"arguments":{"a":{"password":"x"}}}',
      '{"password":"x"}',
      '"password"',
    ]) {
      assert.deepEqual(read([Buffer.from(request)]), read([Buffer.from(request)], new JsonReader()));
    }
  });
});

describe('base64 in a secret', () => {
  it('is decoded as other base64', () => {
    const chance = random(Number(process.env.FUZZ_SEED ?? 1));
    const alphabet = 'AZaz09+/==\n\n-_@é';
    for (let round = 0; round < 20_000; round++) {
      const length = chance(14);
      const limit = chance(4) === 0 ? alphabet.length : 12;
      const text = Array.from({ length }, () => alphabet[chance(limit)]).join('');
      const outcome = (decode: () => Uint8Array) => {
        try {
          return Buffer.from(decode()).toString('hex');
        } catch (error) {
          return String(error);
        }
      };
      const plain = outcome(() => decodeBase64(text));
      assert.equal(
        outcome(() => decodeBase64Secret(new Secret(Buffer.from(text))).bytes),
        plain,
        JSON.stringify(text),
      );
    }
  });
});
