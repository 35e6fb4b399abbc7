import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AgentStatus, FreezeStatus } from '#protocol/control/status.ts';
import { DEFAULTS } from '#system-agent/config/config.ts';
import type { Severity } from '#system-agent/config/findings.ts';
import { checks } from '#system-agent/doctor/checks/index.ts';
import type { Facts } from '#system-agent/doctor/facts.ts';
import { examine, portsHelp, renderFindings } from '#system-agent/doctor/render.ts';
import { agentStatus, doorStatus } from '#test/fakes/status.ts';

const answering = (parts: Partial<AgentStatus> = {}): Facts['agent'] => ({
  known: true,
  value: { uptimeMs: 1, status: agentStatus(parts) },
});

const HIDDEN = { known: false, why: 'hidden' } as const;
const NOW = 1_800_000_000;
const [SESSION] = agentStatus().sessions;
const [AGENT] = agentStatus().agents;
assert.ok(SESSION && AGENT);
const session = (parts: object) => answering({ sessions: [{ ...SESSION, ...parts }] });
const served = { ...AGENT, ways: [{ feature: 'clipboard.text', by: 'X11', why: undefined }] };

const { audit: WRITING } = agentStatus();
assert.ok(WRITING);
const audit = (parts: object) => answering({ audit: { ...WRITING, ...parts } });

/** A guest with nothing to complain of, seen by root. */
const WELL: Facts = {
  isRoot: true,
  installed: { version: '1.0.0', commit: 'abc' },
  config: DEFAULTS,
  problems: [],
  hooks: { known: true, value: [] },
  agent: answering({ agents: [served] }),
  ports: [
    { node: 'vport1p1', name: 'org.qemu.guest_agent.0' },
    { node: 'vport1p2', name: 'com.redhat.rhevm.vdsm' },
    { node: 'vport1p3', name: 'com.redhat.spice.0' },
  ],
  holders: {
    known: true,
    value: ['vport1p1', 'vport1p2', 'vport1p3'].map((node) => ({ node, holders: [{ pid: 42, name: 'node' }] })),
  },
  uinput: { driver: true, node: true },
  bus: { known: true, value: { logind: true } },
  unit: { known: true, value: { active: 'active', file: 'enabled' } },
  guard: { program: true, socket: { known: true, value: { active: 'active', file: 'static' } } },
  clock: { now: NOW, hardware: NOW + 1, built: NOW - 1_000 },
  originals: { packages: [], running: [] },
};

const holdersBy = (pid: number, name: string): Facts['holders'] => ({
  known: true,
  value: [{ node: 'vport1p1', holders: [{ pid, name }] }],
});
const onlyQga = [{ node: 'vport1p1', name: 'org.qemu.guest_agent.0' }];
const doors = (state: string) => answering({ doors: [doorStatus({ state, why: 'EBUSY' })] });
const problem = (severity: Severity) => ({ severity, place: 'uga.conf:3', text: 'x' });
const unit = (active: string | undefined, file: string | undefined): Facts['unit'] => ({
  known: true,
  value: { active, file },
});

const frozen = (parts: Partial<FreezeStatus>) => {
  const none = { state: 'thawed', leaseLeft: undefined, achieved: undefined, ended: undefined };
  return { agent: answering({ freeze: { ...none, ...parts } }) };
};
const guardOf = (socket: Facts['unit']): Partial<Facts> => ({ guard: { program: true, socket } });
const inForce = (broken: string | undefined) => ({ profile: 'observe', file: '/p', rules: 2, broken });

const hookFact = (objection: string | undefined, path = '/etc/uga/freeze.d/a'): Facts['hooks'] => ({
  known: true,
  value: [{ of: path.includes('freeze') ? 'freeze' : 'before_migration', path, objection }],
});

/** What differs from a well guest, the line that says so, and whose it is. */
const CASES: readonly (readonly [string, Partial<Facts>, check: string, line: RegExp])[] = [
  ['no device', { ports: undefined }, 'ports', /^FAIL .*no virtio-serial device.*shown below/],
  ['foreign ports only', { ports: [{ node: 'vport0p1', name: 'x' }] }, 'ports', /^FAIL .*none of the ports/],
  ['one port', { ports: onlyQga }, 'ports', /^note .*ovirt: there is no port/],
  [
    'no door on a port',
    { config: { ...DEFAULTS, qga: { kind: 'off' }, ovirt: { kind: 'off' }, vdagent: { kind: 'off' } } },
    'ports',
    /^ok /,
  ],
  ['seen by a user', { holders: HIDDEN }, 'holders', /^\? .*as root/],
  ['held by another', { holders: holdersBy(7, 'qemu-ga') }, 'holders', /^FAIL .*qemu-ga \(process 7\) holds/],
  ['held by nobody', { holders: { known: true, value: [] } }, 'holders', /^note .*nobody holds/],
  ['held by nobody, no agent', { holders: { known: true, value: [] }, agent: HIDDEN }, 'holders', /start the agent/],
  ['no agent', { agent: HIDDEN }, 'agent', /^FAIL .*hidden; start it/],
  ['another release', { installed: { version: '2', commit: 'd' } }, 'agent', /^FAIL .*1\.0\.0 \(abc\) runs, 2 \(d\)/],
  ['another build', { installed: { version: '1.0.0', commit: 'd' } }, 'agent', /^FAIL .*restart it/],
  ['no agent', { agent: HIDDEN }, 'hosts', /^\? /],
  ['no host', { agent: doors('waiting') }, 'hosts', /^note .*no host/],
  ['busy', { agent: doors('busy') }, 'hosts', /^FAIL .*\(EBUSY\); stop it/],
  ['closed', { agent: doors('closed') }, 'hosts', /^FAIL .*restart/],
  ['no agent', { agent: HIDDEN }, 'audit', /^\? /],
  ['a user', { agent: answering({ audit: undefined, complete: false }) }, 'audit', /^\? .*as root/],
  ['none', { agent: answering({ audit: undefined }) }, 'audit', /^note .*keeps no audit log/],
  [
    'switched off',
    { agent: answering({ audit: undefined }), config: { ...DEFAULTS, auditDirectory: 'off' } },
    'audit',
    /^ok .*is off/,
  ],
  ['a full disk', { agent: audit({ state: 'failing', why: 'ENOSPC' }) }, 'audit', /^FAIL .*ENOSPC; hosts are served/],
  [
    'a full disk that matters',
    { agent: audit({ state: 'failing', why: 'ENOSPC' }), config: { ...DEFAULTS, auditOnFailure: 'deny' } },
    'audit',
    /^FAIL .*is refused; make room/,
  ],
  ['records lost', { agent: audit({ lost: 3 }) }, 'audit', /^note .*3 records/],
  ['no agent', { agent: HIDDEN }, 'sessions', /^\? /],
  ['no desktop', { agent: answering({ sessions: [] }) }, 'sessions', /^ok .*no desktop session is open/],
  ['no desktop of a user', { agent: answering({ sessions: [], complete: false }) }, 'sessions', /session of yours is/],
  ['nobody tells', { agent: answering({ source: 'none', sessions: [] }) }, 'sessions', /^note .*logind/],
  ['no session agent', { agent: answering({ agents: [] }) }, 'sessions', /^note .*no session agent/],
  [
    'an older session agent',
    { agent: answering({ agents: [{ ...AGENT, build: '0.9' }] }) },
    'sessions',
    /its agent is 0\.9, 1\.0\.0 is installed/,
  ],
  ['locked', { agent: session({ locked: true }) }, 'sessions', /locked.*unlock/],
  ['in the background', { agent: session({ active: false }) }, 'sessions', /not in the foreground/],
  ['not served', { agent: session({ served: false }) }, 'sessions', /not served/],
  ['no agent', { agent: HIDDEN }, 'features', /^\? /],
  ['a feature not served', { agent: answering() }, 'features', /^note .*no monitors: no RandR/],
  [
    'an agent that does not say',
    { agent: answering({ agents: [{ ...AGENT, ways: [] }] }) },
    'features',
    /older release/,
  ],
  [
    'no driver',
    { uinput: { driver: false, node: false }, agent: HIDDEN },
    'uinput',
    /^FAIL .*in X11 sessions only.*modprobe uinput/,
  ],
  ['no node', { uinput: { driver: true, node: false }, agent: HIDDEN }, 'uinput', /^FAIL .*udev/],
  ['no agent', { agent: HIDDEN }, 'uinput', /^\? /],
  [
    'not permitted',
    { agent: answering({ pointer: { uinput: 'auto', available: false, why: 'EACCES' } }) },
    'uinput',
    /^note .*EACCES/,
  ],
  [
    'switched off',
    { config: { ...DEFAULTS, uinput: { kind: 'off' } } },
    'uinput',
    /^ok .*switched off.*agent-mouse=off/,
  ],
  ['no guard', { guard: { program: false, socket: HIDDEN } }, 'freeze', /^note .*cannot freeze.*install/],
  ['a guard of the agent', guardOf(unit('inactive', 'static')), 'freeze', /^note .*600 s.*uga-freeze-guard\.socket/],
  ['a guard without systemd', guardOf(HIDDEN), 'freeze', /^\? .*600 s by itself.*hidden/],
  ['a frozen guest', frozen({ state: 'frozen', leaseLeft: 9 }), 'freeze', /^note .*frozen, for 9 s at most/],
  ['a lost freeze', frozen({ ended: 'the agent died' }), 'freeze', /^note .*early: the agent died; do not trust/],
  ['hooks', { hooks: hookFact(undefined) }, 'hooks', /^ok .*freeze hook \/etc\/uga\/freeze\.d\/a/],
  ['a hook of a migration', { hooks: hookFact(undefined, '/x/b') }, 'hooks', /^ok .*before_migration hook \/x\/b/],
  ['a refused hook', { hooks: hookFact('/etc may be written') }, 'hooks', /^FAIL .*a is not run: \/etc may .*; let/],
  ['hooks nobody may see', { hooks: HIDDEN }, 'hooks', /^\? .*hidden/],
  ['no bus', { bus: HIDDEN }, 'bus', /^note .*dbus/],
  ['no logind', { bus: { known: true, value: { logind: false } } }, 'bus', /^note .*logind/],
  ['the agent is not on it', { agent: answering({ bus: { connected: false } }) }, 'bus', /^FAIL .*not reached/],
  ['a policy', { agent: answering({ policy: inForce(undefined) }) }, 'policy', /^ok .*profile observe, 2 rules/],
  ['a broken policy', { agent: answering({ policy: inForce('p:1: x') }) }, 'policy', /^FAIL .*p:1: x; see 'uga policy/],
  ['an agent without one', { agent: answering({ policy: undefined }) }, 'policy', /^note .*restart it/],
  ['a policy seen by a user', { agent: answering({ complete: false }) }, 'policy', /^\? .*as root/],
  ['a wrong file', { problems: [problem('error')] }, 'configuration', /^FAIL .*uga\.conf:3: x; correct it/],
  ['not understood', { problems: [problem('restriction')] }, 'configuration', /^FAIL .*x; correct it/],
  ['without effect', { problems: [problem('note')] }, 'configuration', /^note .*uga config check/],
  ['seen by a user', { agent: answering({ complete: false }) }, 'configuration', /^\? .*as root/],
  ['no agent', { agent: HIDDEN }, 'configuration', /^\? /],
  [
    'a block list',
    { agent: answering({ doors: [doorStatus({ details: [{ name: 'not enabled', text: 'guest-exec: why' }] })] }) },
    'configuration',
    /^note .*may not use guest-exec: why/,
  ],
  ['far future', { clock: { now: 5e9, hardware: undefined, built: undefined } }, 'clock', /^FAIL .*2128/],
  ['1970', { clock: { now: 60, hardware: undefined, built: NOW } }, 'clock', /^FAIL .*1970.*before this program/],
  ['off by an hour', { clock: { ...WELL.clock, hardware: NOW + 3600 } }, 'clock', /^note .*differs by 3600 s/],
  ['no hardware clock', { clock: { ...WELL.clock, hardware: undefined } }, 'clock', /^ok /],
  ['a package', { originals: { packages: ['spice-vdagent'], running: [] } }, 'originals', /^note .*apt remove spice/],
  ['one runs', { originals: { packages: [], running: [{ pid: 9, name: 'qemu-ga' }] } }, 'originals', /^FAIL .*stop it/],
  ['no systemd', { unit: HIDDEN }, 'unit', /^\? /],
  ['no unit', { unit: unit(undefined, undefined) }, 'unit', /^note .*install the package/],
  ['failed', { unit: unit('failed', 'enabled') }, 'unit', /^FAIL .*journalctl/],
  ['masked', { unit: unit('inactive', 'masked') }, 'unit', /^FAIL .*unmask/],
  ['started by udev', { unit: unit('active', 'disabled') }, 'unit', /^ok .*when a port appears/],
  ['started by nobody', { unit: unit('active', 'disabled'), ports: undefined }, 'unit', /^note .*enable/],
  ['not started', { unit: unit('inactive', 'enabled'), agent: HIDDEN }, 'unit', /^FAIL .*systemctl start/],
  ['an agent by hand', { unit: unit(undefined, 'enabled') }, 'unit', /^note .*runs without it/],
];

describe('the checks of uga doctor', () => {
  it('a guest that is well has nothing but ok, from every check', () => {
    const examined = examine(checks, WELL);
    assert.deepEqual(
      examined.filter(({ finding }) => finding.level !== 'ok'),
      [],
    );
    assert.deepEqual([...new Set(examined.map(({ check }) => check))].sort(), checks.map(({ name }) => name).sort());
    assert.equal(portsHelp(WELL), undefined);
  });

  for (const [what, facts, check, line] of CASES) {
    it(`${check}: ${what}`, () => {
      const lines = renderFindings(examine(checks, { ...WELL, ...facts }).filter((one) => one.check === check));
      assert.ok(
        lines.some((one) => line.test(one)),
        lines.join('\n'),
      );
    });
  }

  it('every line that is not ok ends with something to do', () => {
    for (const [what, facts] of CASES) {
      for (const { check, finding } of examine(checks, { ...WELL, ...facts })) {
        if (finding.level !== 'ok') assert.ok(finding.advice.length > 5, `${check}: ${what}`);
      }
    }
  });

  it('without a port the XML and the options that add them are printed', () => {
    const help = portsHelp({ ...WELL, ports: undefined });
    assert.match(help ?? '', /<target type='virtio' name='org\.qemu\.guest_agent\.0'\/>/);
    assert.match(help ?? '', /-device virtserialport,chardev=ovirt,name=ovirt-guest-agent\.0/);
  });

  it('no text of a user moves the cursor', () => {
    const lines = renderFindings(examine(checks, { ...WELL, agent: session({ user: 'eve\u202e' }) }));
    assert.ok(lines.some((line) => line.includes('eve\\u{202E}')));
  });
});
