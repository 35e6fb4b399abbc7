import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AgentError } from '#shared/errors.ts';
import { sleepBy, type Way } from '#system-agent/sleep/ways.ts';

/** A way that notes when it is entered. */
function way(entered: string[], name: string, supports: boolean, error?: AgentError): Way {
  return {
    supports: async () => supports,
    enter: async () => {
      entered.push(name);
      if (error !== undefined) throw error;
    },
  };
}

describe('ways to sleep', () => {
  const failed = (text: string) => new AgentError('failed', text);

  it('the first that works ends the matter', async () => {
    const entered: string[] = [];
    const ways = [
      way(entered, 'a', false),
      way(entered, 'b', true, failed('b failed')),
      way(entered, 'c', true),
      way(entered, 'd', true),
    ];
    await sleepBy(ways, 'ram');
    assert.deepEqual(entered, ['b', 'c']);
  });

  it('none that supports it is the text of QEMU', async () => {
    const message = 'the requested suspend mode is not supported by the guest';
    await assert.rejects(sleepBy([way([], 'a', false)], 'disk'), { code: 'unsupported', message });
  });

  it('the last error is told, though a later way is not supported', async () => {
    const ways = [way([], 'a', true, failed('a failed')), way([], 'b', true, failed('b failed')), way([], 'c', false)];
    await assert.rejects(sleepBy(ways, 'disk'), { message: 'b failed' });
  });

  it('a way that did not end in time is not followed by another', async () => {
    const entered: string[] = [];
    const ways = [way(entered, 'a', true, new AgentError('timeout', 'a hangs')), way(entered, 'b', true)];
    await assert.rejects(sleepBy(ways, 'disk'), { message: 'a hangs' });
    assert.deepEqual(entered, ['a']);
  });
});
