import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatChannelSpec, parseChannelSpec } from '#system-agent/channels/spec.ts';
import { isTrusted } from '#system-agent/channels/vsock-listen.ts';

describe('a vsock channel', () => {
  for (const [text, cid, port, canonical] of [
    ['3:1234', 3, 1234, '3:1234'],
    ['any:1', 0xffff_ffff, 1, 'any:1'],
    ['-1:1', 0xffff_ffff, 1, 'any:1'],
    ['4294967295:4294967294', 0xffff_ffff, 4294967294, 'any:4294967294'],
  ] as const) {
    it(`is written ${text}`, () => {
      const spec = parseChannelSpec(`vsock-listen:${text}`);
      assert.deepEqual(spec, { kind: 'vsock-listen', cid, port });
      assert.equal(formatChannelSpec(spec), `vsock-listen:${canonical}`);
    });
  }

  for (const text of ['', '3', '3:', ':1', '3:1:1', '-2:1', '3:-1', '4294967296:1', '3:4294967295', ' 3:1', '3:0x1']) {
    it(`is not written '${text}'`, () => {
      assert.throws(() => parseChannelSpec(`vsock-listen:${text}`), { code: 'invalid-argument' });
    });
  }

  it('is for the host and root of this machine, not for its users, its guests and other guests', () => {
    assert.ok(isTrusted({ cid: 2, port: 50_000 }));
    assert.ok(isTrusted({ cid: 1, port: 1023 }));
    assert.ok(!isTrusted({ cid: 1, port: 1024 }));
    assert.ok(!isTrusted({ cid: 3, port: 1 }));
    assert.ok(!isTrusted({ cid: 0, port: 1 }));
  });
});
