import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { LimitedLog } from '#shared/log/limited.ts';
import { MemoryLog } from '#shared/log/memory.ts';

describe('a limited log', () => {
  it('writes some lines of each message, then the number of those left out, and then some again', () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const memory = new MemoryLog();
      const log = new LimitedLog(memory);
      const child = log.child({ part: 'x' });
      for (let count = 0; count < 1000; count++) (count % 2 === 0 ? log : child).warn('refused', { count });
      log.info('other');
      assert.deepEqual(
        memory.lines.map(({ message, fields }) => `${message} ${fields.count ?? ''}`),
        ['refused 0', 'refused 1', 'refused 2', 'refused 3', 'refused 4', 'other '],
      );
      mock.timers.tick(10_000);
      assert.equal(memory.lines.length, 7);
      assert.deepEqual(memory.lines[6], { level: 'warn', message: 'refused', fields: { count: 999, leftOut: 995 } });
      log.error('refused');
      assert.equal(memory.lines.at(-1)?.level, 'error');
      mock.timers.tick(10_000);
      assert.equal(memory.lines.length, 8);
    } finally {
      mock.timers.reset();
    }
  });
});
