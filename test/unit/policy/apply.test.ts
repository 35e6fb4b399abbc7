import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { after, beforeEach, describe, it } from 'node:test';
import type { Class } from '#system-agent/policy/classes.ts';
import { classesIn, confinementsFor } from '#system-agent/policy/hardening.ts';
import { parsePolicy } from '#system-agent/policy/parse.ts';
import { PROFILE_NAMES, PROFILES } from '#system-agent/policy/profiles.ts';
import { apply } from '#system-agent/policy-face/apply.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const scratch = temporaryFolder();
after(() => scratch[Symbol.dispose]());
let count = 0;
let file = '';
let dropIn = '';
beforeEach(() => {
  file = path.join(scratch.path, `${++count}/policy.conf`);
  dropIn = path.join(scratch.path, `${count}/unit.d/50-uga-policy.conf`);
});

async function applied(profile: string, dryRun = false): Promise<string> {
  const stdout = new PassThrough();
  assert.equal(await apply(profile, { file, dryRun, dropIn }, { stdout }), 0);
  return stdout.read().toString();
}

describe('applying a profile', () => {
  for (const profile of PROFILE_NAMES) {
    it(`${profile}: writes a policy that is understood, and a drop-in if anything can be confined`, async () => {
      await applied(profile);
      const { policy, problems } = parsePolicy(readFileSync(file, 'utf8'), file);
      assert.deepEqual([policy.profile, problems], [profile, []]);
      const directives = confinementsFor(policy);
      assert.equal(existsSync(dropIn), directives.length > 0);
      if (directives.length === 0) return;
      const text = readFileSync(dropIn, 'utf8');
      for (const directive of directives) assert.ok(text.includes(`\n${directive}\n`), directive);
    });
  }

  it('keeps rules and comments that stand there', async () => {
    await applied('full');
    const rules = '# mine\n\n[deny x]\nclass=login\n';
    for (const [before, expected] of [
      [`[policy]\nprofile=full\n${rules}`, `[policy]\nprofile=observe\n${rules}`],
      [`${rules}[policy]\n`, `${rules}[policy]\nprofile=observe\n`],
      [rules, `[policy]\nprofile=observe\n\n${rules}`],
    ] as const) {
      writeFileSync(file, before);
      assert.match(await applied('observe'), /profile observe, 1 rules kept/);
      assert.equal(readFileSync(file, 'utf8'), expected);
    }
  });

  it('takes the drop-in away when the next profile needs what it forbids', async () => {
    await applied('confidential');
    assert.ok(existsSync(dropIn));
    assert.match(await applied('full', true), /would not be there/);
    assert.ok(existsSync(dropIn));
    await applied('full');
    assert.equal(existsSync(dropIn), false);
  });

  it('changes nothing where the present file is not understood', async () => {
    await applied('full');
    writeFileSync(file, '[polcy]\n');
    await assert.rejects(applied('observe'), /polcy.*nothing was changed/);
    assert.equal(readFileSync(file, 'utf8'), '[polcy]\n');
  });
});

describe('what is confined', () => {
  const of = (text: string) => confinementsFor(parsePolicy(text, 'p').policy);

  it('the profiles allow what their table says, no more', () => {
    for (const profile of PROFILE_NAMES) {
      const { policy } = parsePolicy(`[policy]\nprofile=${profile}\n`, 'p');
      assert.deepEqual(classesIn(policy), new Set<Class>(PROFILES[profile].allows));
    }
  });

  it('nothing while programs, files or freezes are allowed, were it by one rule', () => {
    assert.deepEqual(of('[policy]\nprofile=full\n'), []);
    for (const name of ['exec', 'files', 'freeze']) {
      assert.deepEqual(of(`[policy]\nprofile=confidential\n[allow a]\nclass=${name}\n`), []);
    }
    assert.deepEqual(of('[policy]\nprofile=minimal\n[allow a]\ncommand=guest-file-write\n'), []);
  });

  it('the rest of a rule that denies', () => {
    const text = '[deny a]\nclass=exec,files,freeze,lifecycle,accounts,storage,trim,hardware,sleep,time\n';
    assert.ok(of(text).includes('ProtectSystem=strict'));
    assert.ok(of(text).includes('CapabilityBoundingSet=~CAP_SYS_TIME'));
  });

  it('leaves the folders writable that the configuration names', () => {
    const { policy } = parsePolicy('[policy]\nprofile=confidential\n', 'p');
    const directives = confinementsFor(policy, ['/srv/uga', '/srv/a "b" 100%']);
    assert.equal(directives.at(-1), 'ReadWritePaths="-/srv/uga" "-/srv/a \\"b\\" 100%%"');
    const observing = parsePolicy('[policy]\nprofile=observe\n', 'p').policy;
    assert.ok(confinementsFor(observing, ['/srv']).every((directive) => !directive.startsWith('ReadWritePaths')));
  });

  it('never what V8 or the ports of hosts need', () => {
    for (const directive of of('[policy]\nprofile=confidential\n')) {
      assert.doesNotMatch(directive, /MemoryDenyWriteExecute|ProtectClock|Device|ProtectHostname|PrivateNetwork/);
    }
  });
});
