import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RunningAgent, startConfinedAgent, startOracle } from '#test/support/agents.ts';
import { temporaryFolder, without } from '#test/support/programs.ts';
import { EXEC_FAILURES, EXEC_SCENARIOS } from '#test/support/qga/exec-scenarios.ts';
import { type Answer, b64, play, prepare, type Step } from '#test/support/qga/scenario.ts';

const own = temporaryFolder();
const folder = path.join(own.path, 'below');
let ours: RunningAgent;
before(async () => {
  prepare(folder);
  ours = await startConfinedAgent(folder);
});
after(async () => {
  await ours[Symbol.asyncDispose]();
  own[Symbol.dispose]();
});

describe('programs: the same requests to qemu-ga and to us', { skip: without('qemu-ga') }, () => {
  let oracle: RunningAgent;
  before(async () => {
    oracle = await startOracle();
  });
  after(async () => oracle[Symbol.asyncDispose]());

  for (const [name, steps] of Object.entries(EXEC_SCENARIOS)) {
    it(name, async () => {
      const theirs = await play(oracle.socket, folder, steps);
      assert.deepEqual(await play(ours.socket, folder, steps), theirs);
    });
  }

  for (const step of EXEC_FAILURES) {
    it(`cannot be started: ${JSON.stringify(step[1]).slice(0, 80)}`, async () => {
      const [theirs] = await play(oracle.socket, folder, [step]);
      const [mine] = await play(ours.socket, folder, [step]);
      const inner = /^Guest agent command failed, error was '(.*)'$/.exec(theirs?.error?.desc ?? '')?.[1];
      assert.deepEqual(mine?.error, { class: 'GenericError', desc: inner });
    });
  }
});

describe('programs, as newer releases have them', () => {
  const both = async (capture: unknown): Promise<Answer['return']> => {
    const steps: Step[] = [
      ['guest-exec', { path: '@/bin/both', 'capture-output': capture }],
      ['until', { pid: '$1' }],
    ];
    return (await play(ours.socket, folder, steps)).at(-1)?.return;
  };
  const out = { 'out-data': b64('out\nout again\n'), 'out-truncated': false };
  const err = { 'err-data': b64('err\n'), 'err-truncated': false };
  const ended = { exited: true, exitcode: 0 };
  const cases = {
    none: ended,
    stdout: { ...ended, ...out },
    stderr: { ...ended, ...err },
    separated: { ...ended, ...out, ...err },
    merged: { ...ended, 'out-data': b64('out\nerr\nout again\n'), 'out-truncated': false },
  };
  for (const [capture, expected] of Object.entries(cases)) {
    it(`capture-output ${capture}`, async () => assert.deepEqual(await both(capture), expected));
  }

  it('another word, and another type', async () => {
    assert.deepEqual(await refused({ 'capture-output': 'x' }), "Parameter 'capture-output' does not accept value 'x'");
    assert.deepEqual(
      await refused({ 'capture-output': null }),
      "Invalid parameter type for 'capture-output', expected: GuestExecCaptureOutput",
    );
  });

  it('an ending is told once, and ids that we did not give are unknown', async () => {
    const [, , again] = await play(ours.socket, folder, [
      ['guest-exec', { path: '@/bin/true' }],
      ['until', { pid: '$1' }],
      ['guest-exec-status', { pid: '$1' }],
    ]);
    assert.match(again?.error?.desc ?? '', /^PID \d+ does not exist$/);
    for (const pid of [1, 0, -1, process.pid, 2 ** 40]) {
      const [answer] = await play(ours.socket, folder, [['guest-exec-status', { pid }]]);
      assert.deepEqual(answer?.error, { class: 'GenericError', desc: `PID ${pid} does not exist` });
    }
  });

  async function refused(more: Readonly<Record<string, unknown>>): Promise<string | undefined> {
    const [answer] = await play(ours.socket, folder, [['guest-exec', { path: '@/bin/true', ...more }]]);
    return answer?.error?.desc;
  }
});
