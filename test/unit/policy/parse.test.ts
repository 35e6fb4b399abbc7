import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatProblem } from '#system-agent/config/findings.ts';
import { parsePolicy } from '#system-agent/policy/parse.ts';
import { readPolicy } from '#system-agent/policy/read.ts';
import { fixtureFiles } from '#test/fakes/files.ts';

const problemsOf = (text: string) => parsePolicy(text, 'p').problems.map(formatProblem);

describe('a policy file', () => {
  it('without anything is the profile full', () => {
    for (const text of ['', '# nothing\n', '[policy]\n']) {
      const { policy, problems } = parsePolicy(text, 'p');
      assert.deepEqual([policy.profile, policy.rules, policy.broken, problems], ['full', [], undefined, []]);
    }
  });

  it('keeps what stands in it, with places', () => {
    const { policy } = parsePolicy(
      '[policy]\nprofile=observe\n\n[allow backups]\ndoor=qga\ncommand=guest-file-open guest-file-read\nclass=storage\n' +
        'path=/srv/a b\npath=/srv/c/\nmode=read\nmax-size=2M\nrate=5/min\n',
      'p',
    );
    assert.equal(policy.place, 'p:2');
    const [rule] = policy.rules;
    assert.deepEqual(rule, {
      effect: 'allow',
      name: 'backups',
      place: 'p:4',
      doors: new Set(['qga']),
      commands: new Set(['guest-file-open', 'guest-file-read']),
      classes: new Set(['storage']),
      conditions: {
        paths: ['/srv/a b', '/srv/c'],
        programs: [],
        users: [],
        mode: 'read',
        maxSize: 2 * 1024 * 1024,
        rate: { count: 5, periodMs: 60_000, text: '5/min' },
      },
    });
  });

  const rule = (lines: string, head = '[allow a]\ncommand=guest-file-open') => `${head}\n${lines}\n`;
  for (const [text, problem] of [
    ['profile=full\n', /^p:1: key 'profile' stands before any/],
    ['[policy\n', /^p:1: neither/],
    ['[policy]\nprofile=ful\n', /^p:2: \[policy\] profile: 'ful' is no profile; expected full, desktop/],
    ['[policy]\nprofile=full\nprofile=full\n', /^p:3: .*is there twice/],
    ['[policy]\nmode=x\n', /^p:2: \[policy\] mode: unknown key/],
    ['[rules]\n', /^p:1: \[rules\] is neither/],
    ['[allow ../x]\ncommand=guest-ping\n', /is neither/],
    ['[deny x]\n', /^p:1: \[deny x\]: needs a command or a class/],
    ['[deny x]\ncommand=\n', /^p:2: .*needs a word/],
    ['[deny x]\ncommand=guest-exce\n', /^p:2: .*there is no command 'guest-exce'/],
    ['[deny x]\nclass=file\n', /'file' is no class/],
    ['[deny x]\ndoor=qmp\nclass=files\n', /'qmp' is no door/],
    ['[deny x]\ndoor=vdagent\nclass=files\n', /the door vdagent has no such command/],
    ['[deny x]\ncommand=guest-file-open\npath=/etc/shadow\n', /path: a file or program has other names too/],
    ['[deny x]\ncommand=guest-file-open\nmode=write\n', /mode: a file or program has other names too/],
    ['[deny x]\ncommand=guest-ping\nrate=1/s\n', /rate: a file/],
    ['[allow x]\ncommand=guest-ping\npath=/srv\n', /path: requests of guest-ping have none/],
    ['[allow x]\nclass=exec\nuser=root\n', /user: requests of class exec have none/],
    [rule('path=srv'), /'srv' is no absolute path/],
    [rule('path=/srv/../etc'), /is no absolute path/],
    [rule('path=/srv//x'), /is no absolute path/],
    [rule('mode=append'), /'append' is no mode/],
    [rule('mode=read\nmode=write'), /is there twice/],
    [rule('rate=0/s'), /is no rate/],
    [rule('rate=5'), /is no rate/],
    [rule('rate=5/month'), /is no rate/],
    [rule('rate=9999999/s'), /is no rate/],
    [rule('max-size=-1', '[allow a]\ncommand=guest-file-read'), /is no size/],
    [rule('allow=yes'), /unknown key/],
    ['[allow a]\ncommand=guest-ping\n[allow a]\ncommand=guest-sync\n', /^p:3: \[allow a\] is there twice/],
    [`${Array.from({ length: 257 }, (_, n) => `[deny r${n}]\nclass=exec\n`).join('')}`, /more than 256 rules/],
    [rule('path=/x\n'.repeat(1100)), /more than 1024 values/],
  ] as const) {
    it(`names what is wrong: ${JSON.stringify(text.slice(0, 60))}`, () => {
      const problems = problemsOf(text);
      assert.match(problems[0] ?? 'no problem', problem);
      assert.equal(parsePolicy(text, 'p').policy.broken, problems[0]);
    });
  }
});

describe('reading it', () => {
  it('no file is the default, a file that others may write is broken', () => {
    assert.equal(readPolicy('/p', fixtureFiles({})).policy.broken, undefined);
    const files = fixtureFiles({ '/p': '[policy]\nprofile=full\n' });
    assert.equal(readPolicy('/p', files).policy.broken, undefined);
    const untrusted = { ...files, read: () => ({ text: '', untrusted: 'may be written by others' }) };
    assert.equal(readPolicy('/p', untrusted).policy.broken, '/p: may be written by others: not read');
  });

  it('one that cannot be read is broken', () => {
    const { policy } = readPolicy('/', undefined);
    assert.match(policy.broken ?? '', /^\/: /);
  });
});
