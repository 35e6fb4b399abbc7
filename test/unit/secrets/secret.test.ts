import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { Secret } from '#shared/bytes/secret.ts';
import { formatJson } from '#shared/json/format.ts';
import { wipeSecrets } from '#shared/json/secrets.ts';

describe('a secret', () => {
  it('prints nothing of itself, however it is asked', () => {
    const secret = new Secret(Buffer.from('planted'));
    const texts = [
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ secret }),
      formatJson({ secret }),
      String(secret),
    ];
    for (const text of texts) assert.doesNotMatch(text, /planted/);
    secret.wipe();
  });

  it('is wiped in its place and cannot be used then', () => {
    const bytes = Buffer.from('planted');
    const secret = new Secret(bytes);
    secret.wipe();
    secret.wipe();
    assert.deepEqual(bytes, Buffer.alloc(7));
    assert.throws(() => secret.bytes);
  });

  it('can change hands, and the first one wipes nothing any more', () => {
    const secret = new Secret(Buffer.from('planted'));
    const moved = secret.move();
    secret.wipe();
    assert.equal(moved.bytes.toString(), 'planted');
    moved.wipe();
  });

  it('tells while there are any', () => {
    const told: boolean[] = [];
    Secret.watch((held) => told.push(held));
    const [one, two] = [new Secret(Buffer.alloc(1)), new Secret(Buffer.alloc(1))];
    const three = one.move();
    two.wipe();
    three.wipe();
    assert.deepEqual(told, [false, true, false]);
    Secret.watch(() => {});
  });

  it('is wiped with the request that it is in', () => {
    const [one, two] = [new Secret(Buffer.alloc(1)), new Secret(Buffer.alloc(1))];
    wipeSecrets(new Map([['arguments', new Map([['password', one]])]]));
    wipeSecrets(new Map([['password', two]]));
    wipeSecrets(undefined);
    assert.ok(one.isWiped && two.isWiped);
  });
});
