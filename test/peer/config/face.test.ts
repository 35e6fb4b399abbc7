import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ourProgram, safeEnvironment } from '#test/support/agents.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const scratch = temporaryFolder();
after(() => scratch[Symbol.dispose]());
const file = path.join(scratch.path, 'uga.conf');
const qgaConf = path.join(scratch.path, 'qemu-ga.conf');

function config(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const [program, ...face] = ourProgram('config');
  const { status, stdout, stderr } = spawnSync(program, [...face, ...args], {
    env: { ...safeEnvironment(), ...environment },
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}
const write = (text: string) => writeFileSync(file, text);

describe('uga config', () => {
  for (const [args, complaint] of [
    [[], /check\|show is missing/],
    [['mend'], /'mend' is neither check nor show/],
    [['check', 'qga.block-rpcs'], /unexpected argument 'qga.block-rpcs'/],
    [['show', 'a', 'b'], /unexpected argument 'b'/],
    [['show', 'no.key'], /there is no key 'no.key'/],
    [['show', '--nonsense'], /unknown option '--nonsense'/],
  ] as const) {
    it(`${args.join(' ')}: the usage on stderr and exit 2`, () => {
      const { status, stdout, stderr } = config(args);
      assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
      assert.match(stderr, complaint);
      assert.match(stderr, /^Usage: uga config/m);
    });
  }

  it('check: nothing to print and 0 when nothing is wrong', () => {
    write('[log]\nlevel=debug\n[originals]\nhonour=no\n');
    assert.deepEqual(config(['check', '--config', file]), { status: 0, stdout: '', stderr: '' });
  });

  it('check: every mistake as FILE:LINE: KEY: TEXT and 1', () => {
    write('[log]\nlevel=loud\n[a]\nb=\x1b[31m\n');
    const { status, stdout } = config(['check', '--config', file]);
    assert.equal(status, 1);
    assert.match(stdout, new RegExp(`^${file}:2: \\[log\\] level: 'loud' is no log level`, 'm'));
    assert.match(stdout, new RegExp(`^${file}:4: \\[a\\] b: unknown key$`, 'm'));
  });

  it('check: a restriction that is not understood is 1, a name that no command has is a note', () => {
    write('');
    writeFileSync(qgaConf, '[general]\nblock-rpcs=guest-pong\n');
    const noted = config(['check', '--config', file], { QGA_CONF: qgaConf });
    assert.equal(noted.status, 0, noted.stdout);
    assert.ok(noted.stdout.includes(`${qgaConf}:2: there is no command 'guest-pong' (note)\n`), noted.stdout);
    writeFileSync(qgaConf, '[general]\nblock-rpcs=guest-\x1b*\n');
    const doubted = config(['check', '--config', file], { QGA_CONF: qgaConf });
    assert.equal(doubted.status, 1);
    assert.ok(doubted.stdout.includes("'guest-\\u{1B}*' is no name of a command (not understood: "), doubted.stdout);
  });

  it('check --json', () => {
    write('[log]\nlevel=loud\n[originals]\nhonour=no\n');
    const { status, stdout } = config(['check', '--config', file, '--json']);
    assert.equal(status, 1);
    assert.deepEqual(JSON.parse(stdout), {
      ok: false,
      problems: [
        {
          severity: 'error',
          place: `${file}:2`,
          text: "'loud' is no log level; expected error, warn, info, debug",
          key: '[log] level',
        },
      ],
    });
  });

  it('show: every value with its origin, what is refused and why', () => {
    write('[ovirt]\nheart_beat_rate=9\n');
    writeFileSync(qgaConf, '[general]\nblock-rpcs=guest-ping\nverbose=true\n');
    const { status, stdout } = config(['show', '--config', file], { QGA_CONF: qgaConf });
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`^  heart_beat_rate = 9 +\\(${file}:2\\)$`, 'm'));
    assert.match(stdout, new RegExp(`^  level = debug +\\(${qgaConf}:3\\)$`, 'm'));
    assert.match(stdout, /^ {2}report_user_rate = 10 +\(default\)$/m);
    assert.match(stdout, new RegExp(`^  ${qgaConf}:2: guest-ping$`, 'm'));
    assert.match(stdout, new RegExp(`^  ${qgaConf}$`, 'm'));
  });

  it('show KEY and --json', () => {
    write('[ovirt]\nheart_beat_rate=9\n[originals]\nhonour=no\n[qga]\nblock-rpcs=guest-ping\n');
    const shown = (...args: string[]) => config(['show', '--config', file, ...args]).stdout;
    assert.equal(shown('ovirt.heart_beat_rate'), '9\n');
    const value = { group: 'ovirt', key: 'heart_beat_rate', value: '9', origin: `${file}:2` };
    assert.deepEqual(JSON.parse(shown('ovirt.heart_beat_rate', '--json')), value);
    const all = JSON.parse(shown('--json'));
    assert.deepEqual(Object.keys(all), ['values', 'restrictions', 'problems', 'hooks', 'files']);
    assert.deepEqual(all.restrictions, [{ kind: 'block', place: `${file}:6`, commands: ['guest-ping'] }]);
    assert.deepEqual(all.files, [file]);
  });

  describe('a drop-in that others may write', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
    const dropIn = `${file}.d/a.conf`;
    before(() => {
      write('');
      mkdirSync(`${file}.d`);
      writeFileSync(dropIn, '[channels]\nqga=off\n');
      chmodSync(dropIn, 0o666);
    });

    it('is named, and the agent does not start with it', () => {
      const { status, stdout } = config(['check', '--config', file]);
      assert.equal(status, 1);
      assert.match(stdout, new RegExp(`^${dropIn}: may be written by others: not read$`, 'm'));
      const [program, ...face] = ourProgram('system-agent');
      const agent = spawnSync(program, [...face, '--config', file, '--dump-config'], { encoding: 'utf8' });
      assert.equal(agent.status, 2);
      assert.match(agent.stderr, /may be written by others/);
    });
  });
});
