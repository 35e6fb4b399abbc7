import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RunningAgent, startConfinedAgent, startOracle } from '#test/support/agents.ts';
import { temporaryFolder, without } from '#test/support/programs.ts';
import { FILE_DIFFERENCES, FILE_SCENARIOS } from '#test/support/qga/file-scenarios.ts';
import { leftBehind, play, prepare } from '#test/support/qga/scenario.ts';

describe('files: the same requests to qemu-ga and to us', { skip: without('qemu-ga') }, () => {
  const own = temporaryFolder();
  const folder = path.join(own.path, 'below');
  let ours: RunningAgent;
  before(async () => {
    ours = await startConfinedAgent(folder);
  });
  after(async () => {
    await ours[Symbol.asyncDispose]();
    own[Symbol.dispose]();
  });

  for (const [name, steps] of Object.entries(FILE_SCENARIOS)) {
    it(name, async () => {
      prepare(folder);
      await using oracle = await startOracle();
      const theirs = await play(oracle.socket, folder, steps);
      const theirFiles = leftBehind(folder);
      prepare(folder);
      const mine = await play(ours.socket, folder, steps);
      assert.deepEqual(mine, theirs);
      assert.deepEqual(leftBehind(folder), theirFiles);
    });
  }

  for (const [name, { steps, ours: expected }] of Object.entries(FILE_DIFFERENCES)) {
    it(`known difference: ${name}`, async () => {
      prepare(folder);
      await using oracle = await startOracle();
      const theirs = await play(oracle.socket, folder, steps);
      prepare(folder);
      const mine = await play(ours.socket, folder, steps);
      const first = steps.length - expected.length;
      assert.deepEqual(mine.slice(0, first), theirs.slice(0, first));
      assert.notDeepEqual(mine[first], theirs[first]);
      assert.deepEqual(mine.slice(first), expected);
    });
  }
});
