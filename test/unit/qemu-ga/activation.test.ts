import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isActivated } from '#system-agent/qemu-ga/activation.ts';

describe('a socket that systemd has opened', () => {
  it('is ours when the variables name our process, which then has them no more', () => {
    const environment = { LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'x', PATH: '/bin' };
    assert.equal(isActivated(environment, 7), true);
    assert.deepEqual(environment, { PATH: '/bin' });
  });

  for (const environment of [{}, { LISTEN_PID: '8', LISTEN_FDS: '1' }, { LISTEN_PID: '7' }, { LISTEN_FDS: '1' }]) {
    it(`is not there with ${JSON.stringify(environment)}`, () => assert.equal(isActivated(environment, 7), false));
  }

  it('may be one only', () => {
    assert.throws(() => isActivated({ LISTEN_PID: '7', LISTEN_FDS: '2' }, 7), {
      message: 'qemu-ga only supports listening on one socket',
    });
  });
});
