import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { runFace } from '#shared/cli/face.ts';
import type { CommandLine } from '#shared/cli/options.ts';
import { AgentError } from '#shared/errors.ts';

const LINE = {
  name: 'uga test',
  summary: 'Tests how faces are run.',
  options: [{ name: 'json', help: 'Print JSON.' }],
  positionals: [{ name: 'WORD', required: true }],
} as const satisfies CommandLine;

async function run(argv: readonly string[], act: () => number | Promise<number> = () => 0) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const code = await runFace(LINE, argv, { stdin, stdout, stderr }, (options, positionals) => {
    stdout.write(JSON.stringify([options, positionals]));
    return act();
  });
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? ''), stdout };
}

const failing = (error: unknown) => () => Promise.reject(error);

describe('a face', () => {
  it('is given its words, and says how it went', async () => {
    const { code, out } = await run(['--json', 'word'], () => 7);
    assert.deepEqual([code, JSON.parse(out)], [7, [{ json: true }, ['word']]]);
  });

  it('helps instead of acting', async () => {
    const { code, out } = await run(['--help'], failing(new Error('acted')));
    assert.equal(code, 0);
    assert.match(out, /^Usage: uga test/);
  });

  it('tells wrong words with its usage, its own and those that acting finds wrong', async () => {
    for (const { code, err } of [
      await run(['--nonsense', 'word']),
      await run([]),
      await run(['word'], failing(new AgentError('invalid-argument', 'no such word'))),
    ]) {
      assert.equal(code, 2);
      assert.match(err, /^uga test: .*\nUsage: uga test .*\nSee 'uga test --help'\.\n$/);
    }
  });

  it('says in one plain line why something could not be done', async () => {
    const errno = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    for (const error of [new AgentError('failed', 'it \u001b[2J failed'), errno]) {
      const { code, err } = await run(['word'], failing(error));
      assert.equal(code, 1);
      assert.match(err, /^uga test: [\x20-\x7e]*\n$/);
    }
  });

  it('hides no bug', async () => {
    await assert.rejects(run(['word'], failing(new TypeError('bug'))), TypeError);
  });

  it('outlives a reader that leaves', async () => {
    const { stdout } = await run(['word']);
    stdout.emit('error', Object.assign(new Error('EPIPE'), { code: 'EPIPE' }));
  });
});
