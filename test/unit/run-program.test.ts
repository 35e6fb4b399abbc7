import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram } from '#shared/process/node.ts';

const ROUNDS = 20;

describe('a program that is run', () => {
  it('is heard to its end, though it has ended before anybody listens', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const running = runProgram(['/bin/echo', 'all of it'], { timeoutMs: 10_000, stdoutOnly: true });
      const until = performance.now() + 20;
      while (performance.now() < until); // busy, as an agent is that starts
      assert.equal((await running).output, 'all of it\n');
    }
  });

  it('is not waited for when one that it has started holds its output', async () => {
    const { status, output } = await runProgram(['/bin/sh', '-c', 'sleep 20 & echo done'], { timeoutMs: 10_000 });
    assert.deepEqual({ status, output }, { status: 0, output: 'done\n' });
  });
});
