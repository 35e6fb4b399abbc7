import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AgentError } from '#shared/errors.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { OrderedHooks } from '#system-agent/freeze/hooks/ordered.ts';
import type { HookRun } from '#system-agent/hooks/run.ts';

interface Behaviour {
  /** Programs that end otherwise than well, by "phase name". */
  readonly ends?: Readonly<Record<string, Partial<HookRun>>>;
  readonly refused?: readonly string[];
  /** Called before a program ends. */
  readonly during?: (step: string) => void;
}

function hooks(names: readonly string[], { ends = {}, refused = [], during }: Behaviour = {}) {
  const calls: string[] = [];
  const log = new MemoryLog();
  let released = 0;
  const ordered = new OrderedHooks({
    find: () => names.map((path) => ({ path, runs: [path] })),
    objectionTo: ({ path }) => (refused.includes(path) ? 'not yours' : undefined),
    run: async (path, phase) => {
      const step = `${phase} ${path}`;
      calls.push(step);
      await undefined;
      during?.(step);
      return { started: true, outcome: 'done', output: '', release: () => released++, ...ends[step] };
    },
    log,
  });
  const signal = new AbortController().signal;
  return { ordered, calls, log, freeze: () => ordered.freeze(signal), released: () => released };
}

describe('freeze hooks', () => {
  it('run in order, and reversed at the thaw, once a phase', async () => {
    const { ordered, calls, freeze } = hooks(['a', 'b']);
    const results = await freeze();
    assert.deepEqual(
      results.map(({ name, phase, outcome }) => [name, phase, outcome]),
      [
        ['a', 'freeze', 'done'],
        ['b', 'freeze', 'done'],
      ],
    );
    await ordered.thaw();
    await ordered.thaw();
    assert.deepEqual(calls, ['freeze a', 'freeze b', 'thaw b', 'thaw a']);
  });

  it('after one that failed no other begins, and those that ran are thawed, once', async () => {
    const failed = { outcome: 'failed', detail: 'status 3', output: 'x\nno database' } as const;
    const { ordered, calls, freeze } = hooks(['a', 'b', 'c'], { ends: { 'freeze b': failed } });
    await assert.rejects(freeze(), new AgentError('failed', "fsfreeze hook 'b' has failed: status 3: no database"));
    await ordered.thaw();
    assert.deepEqual(calls, ['freeze a', 'freeze b', 'thaw b', 'thaw a']);
  });

  it('one that cannot be started has nothing to thaw', async () => {
    const absent = { started: false, outcome: 'failed', detail: 'No such file or directory' } as const;
    const { calls, freeze } = hooks(['a', 'b'], { ends: { 'freeze b': absent } });
    await assert.rejects(freeze(), /can't access fsfreeze hook 'b': No such file or directory/);
    assert.deepEqual(calls, ['freeze a', 'freeze b', 'thaw a']);
  });

  it('one that is refused is told and left out of both phases', async () => {
    const { ordered, calls, log, freeze } = hooks(['a', 'b'], { refused: ['a'] });
    const [first] = await freeze();
    assert.deepEqual([first?.outcome, first?.detail], ['refused', 'not yours']);
    await ordered.thaw();
    assert.deepEqual(calls, ['freeze b', 'thaw b']);
    assert.equal(log.lines[0]?.level, 'error');
  });

  it('a failing thaw does not keep the others from theirs', async () => {
    const { ordered, calls, freeze } = hooks(['a', 'b'], { ends: { 'thaw b': { outcome: 'timed-out' } } });
    await freeze();
    const results = await ordered.thaw();
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['timed-out', 'done'],
    );
    assert.deepEqual(calls.slice(2), ['thaw b', 'thaw a']);
  });

  it('the first thaw of an agent is for what one before it may have frozen', async () => {
    const { ordered, calls } = hooks(['a', 'b']);
    await ordered.thaw();
    await ordered.thaw();
    assert.deepEqual(calls, ['thaw b', 'thaw a']);
  });

  it('a cancelled freeze starts no other hook', async () => {
    const cancel = new AbortController();
    const { ordered, calls } = hooks(['a', 'b'], { during: () => cancel.abort() });
    await assert.rejects(ordered.freeze(cancel.signal), /cancelled/);
    assert.deepEqual(calls, ['freeze a', 'thaw a']);
  });

  it('a thaw waits for the freeze that is under way', async () => {
    let thawing: Promise<unknown> | undefined;
    const parts = hooks(['a', 'b'], {
      during: () => {
        thawing ??= parts.ordered.thaw();
      },
    });
    await parts.freeze();
    await thawing;
    assert.deepEqual(parts.calls, ['freeze a', 'freeze b', 'thaw b', 'thaw a']);
  });

  it('what hooks left behind is listened to until the thaw', async () => {
    const { ordered, freeze, released } = hooks(['a']);
    await freeze();
    assert.equal(released(), 0);
    await ordered.thaw();
    assert.equal(released(), 2);
  });
});
