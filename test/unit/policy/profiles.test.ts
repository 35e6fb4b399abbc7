import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MESSAGES } from '#protocol/vdagent/messages/index.ts';
import { EVENTS } from '#system-agent/events/kinds.ts';
import { commands as ovirtCommands } from '#system-agent/ovirt/commands/index.ts';
import { atStart, onRefresh, paced, watched } from '#system-agent/ovirt/reports/index.ts';
import { sessionShutdown } from '#system-agent/ovirt/reports/session-shutdown.ts';
import { type Class, COMMANDS, DOORS, type Door, TELLING } from '#system-agent/policy/classes.ts';
import { PolicyEngine } from '#system-agent/policy/engine.ts';
import { parsePolicy } from '#system-agent/policy/parse.ts';
import { PROFILE_NAMES, PROFILES } from '#system-agent/policy/profiles.ts';
import { commands as qgaCommands } from '#system-agent/qga/commands/index.ts';

/** What the program has, from its own tables. */
const REPORTS = [...atStart, ...onRefresh, ...Object.values(paced).flat(), ...watched, sessionShutdown];
const OURS: Readonly<Record<Door, readonly string[]>> = {
  qga: [...qgaCommands.map(({ name }) => name), ...Object.keys(EVENTS)],
  ovirt: [...ovirtCommands, ...REPORTS].map(({ name }) => name),
  vdagent: MESSAGES.map(({ name }) => name),
};

const engineOf = (text: string) => new PolicyEngine(parsePolicy(text, 'p').policy, () => 0);

describe('every command of every door has a class', () => {
  for (const door of DOORS) {
    it(door, () => {
      assert.deepEqual(
        OURS[door].filter((name) => !COMMANDS[door].has(name)),
        [],
      );
    });
  }
});

/** What the profiles are for, said a second time and independently of their table. */
const MUST: Readonly<Record<string, { readonly allow: readonly Class[]; readonly deny: readonly Class[] }>> = {
  full: { allow: ['exec', 'files', 'accounts', 'hardware', 'login'], deny: [] },
  desktop: { allow: ['clipboard-in', 'clipboard-out', 'pointer', 'display'], deny: ['exec', 'files', 'accounts'] },
  'backup-only': {
    allow: ['freeze', 'storage'],
    deny: ['exec', 'files', 'accounts', 'power', 'clipboard-out', 'users'],
  },
  observe: {
    allow: ['system', 'network', 'users', 'storage'],
    deny: ['exec', 'files', 'power', 'freeze', 'time', 'clipboard-in', 'clipboard-out', 'pointer', 'session'],
  },
  minimal: { allow: ['power', 'system'], deny: ['exec', 'files', 'freeze', 'users', 'network', 'time'] },
  confidential: {
    allow: ['power'],
    deny: ['exec', 'files', 'freeze', 'users', 'network', 'system', 'storage', 'time'],
  },
};

for (const profile of PROFILE_NAMES) {
  const engine = engineOf(`[policy]\nprofile=${profile}\n`);
  const allowed = new Set<Class>(PROFILES[profile].allows);

  describe(`profile ${profile}`, () => {
    it('keeps up the conversation, allows and denies what it is for', () => {
      assert.ok(allowed.has('link'));
      assert.deepEqual(
        MUST[profile]?.allow.filter((name) => !allowed.has(name)),
        [],
      );
      assert.deepEqual(
        MUST[profile]?.deny.filter((name) => allowed.has(name)),
        [],
      );
    });

    for (const door of DOORS) {
      for (const [name, of] of COMMANDS[door]) {
        const isAllowed = allowed.has(of);
        it(`${isAllowed ? 'allows' : 'denies'} ${door} ${name}`, () => {
          const expected = isAllowed ? { allowed: true } : { allowed: false, rule: `profile ${profile} (p:2)` };
          assert.deepEqual(engine.enabled(door, name), expected);
          assert.deepEqual(engine.decide(door, name), expected);
        });

        it(`${door} ${name} with a rule of its own is the other way round`, () => {
          const rule = isAllowed ? 'deny' : 'allow';
          const other = engineOf(`[policy]\nprofile=${profile}\n[${rule} x]\ndoor=${door}\ncommand=${name}\n`);
          assert.deepEqual(
            other.decide(door, name),
            isAllowed ? { allowed: false, rule: '[deny x] (p:3)' } : { allowed: true },
          );
        });
      }
    }

    it('denies what nobody knows', () => {
      for (const door of DOORS) {
        for (const name of ['guest-no-such-command', '', 'constructor', '__proto__']) {
          assert.deepEqual(engine.decide(door, name), { allowed: false, rule: 'no policy knows this command' });
        }
      }
    });
  });
}

describe('a policy that is not understood', () => {
  const engine = engineOf('[policy]\nprofile=ful\n');
  const KEPT: readonly Class[] = ['link', 'system', 'network', 'users', 'storage'];

  it('keeps the classes that only tell of the guest', () => assert.deepEqual([...TELLING], KEPT));

  for (const door of DOORS) {
    for (const [name, of] of COMMANDS[door]) {
      it(`${door} ${name}`, () => {
        const decision = engine.decide(door, name);
        assert.equal(decision.allowed, KEPT.includes(of));
        if (!decision.allowed) {
          assert.match(decision.rule, /^the policy is not understood: p:2: \[policy\] profile: 'ful' is no profile/);
        }
      });
    }
  }
});
