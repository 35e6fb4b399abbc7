import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { Patience } from '#shared/lifecycle/patience.ts';

const hangs = () => new Promise<string>(() => {});
const late = () => 'late';

describe('calls that may hang', () => {
  it('an answer in time is the answer, and so is an error', async () => {
    const patience = new Patience(1000, 1);
    assert.equal(await patience.ask('a', async () => 'x', late), 'x');
    await assert.rejects(
      patience.ask('a', async () => assert.fail('no'), late),
      /no/,
    );
    assert.equal(await patience.ask('a', async () => 'y', late), 'y');
  });

  it('one that hangs is given up, and not made again until it has come back', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const patience = new Patience(1000, 4);
      let comeBack = (_: string) => {};
      const first = patience.ask('a', () => new Promise<string>((resolve) => (comeBack = resolve)), late);
      mock.timers.tick(1000);
      assert.equal(await first, 'late');
      let calls = 0;
      const again = () => patience.ask('a', async () => `call ${++calls}`, late);
      assert.equal(await again(), 'late');
      assert.equal(calls, 0);
      comeBack('at last');
      await Promise.resolve().then(() => {});
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(await again(), 'call 1');
    } finally {
      mock.timers.reset();
    }
  });

  it('who is asked while he thinks is asked again afterwards, as long as that is in time', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const patience = new Patience(1000, 1);
      let comeBack = (_: string) => {};
      const first = patience.ask('a', () => new Promise<string>((resolve) => (comeBack = resolve)), late);
      const second = patience.ask('a', async () => 'second', late);
      const third = patience.ask('a', hangs, late);
      comeBack('first');
      assert.deepEqual(await Promise.all([first, second]), ['first', 'second']);
      mock.timers.tick(1000);
      assert.equal(await third, 'late');
    } finally {
      mock.timers.reset();
    }
  });

  it('only so many may hang at a time', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const patience = new Patience(1000, 2);
      const both = Promise.all([patience.ask('a', hangs, late), patience.ask('b', hangs, late)]);
      assert.equal(await patience.ask('c', async () => 'x', late), 'late');
      mock.timers.tick(1000);
      assert.deepEqual(await both, ['late', 'late']);
      assert.equal(await patience.ask('c', async () => 'x', late), 'late');
    } finally {
      mock.timers.reset();
    }
  });

  it('what it stands for then may be an error', async () => {
    const patience = new Patience(1000, 0);
    const tooLate = () => assert.fail('too late');
    await assert.rejects(patience.ask('a', hangs, tooLate), /too late/);
  });
});
