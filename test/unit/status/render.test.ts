import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AgentStatus } from '#protocol/control/status.ts';
import { durationText } from '#shared/cli/duration.ts';
import { renderStatus } from '#system-agent/status/render.ts';
import { agentStatus, doorStatus } from '#test/fakes/status.ts';

const NOW = 62_000;

describe('a status for people', () => {
  it('says what every part does', () => {
    assert.deepEqual(renderStatus({ uptimeMs: NOW, status: agentStatus({ doors: [doorStatus()] }) }, 1_000), [
      'uga 1.0.0 (abc), process 42, up 1 min',
      '',
      'Doors',
      '  qga     connected for 1 min, virtio:org.qemu.guest_agent.0',
      '          7 requests, last guest-ping 3 s ago; 2.0 kB in, 3.0 MB out',
      '          commands: 10 of 11 enabled',
      '',
      'Sessions (from logind)',
      '  2       alice (1000), user, x11, seat0, active, served with clipboard and files',
      '          session agent 1.0.0, process 77, x11',
      '            clipboard.text: X11',
      '            monitors: no, no RandR',
      '',
      'Pointer   there',
      'D-Bus     connected',
      'Freeze    nothing is frozen',
      'Policy    profile full',
      'Audit     writing, 12 records in /var/log/uga',
      'Sign-on   idle',
    ]);
  });

  it('says what is not there, and what is not shown', () => {
    const text = renderStatus({
      uptimeMs: NOW,
      status: agentStatus({
        complete: false,
        doors: [doorStatus({ state: 'missing', why: 'no such device', traffic: undefined, details: [] })],
        source: 'none',
        sessions: [],
        agents: [],
        pointer: { uinput: 'auto', available: false, why: 'EACCES' },
        bus: { connected: false },
        freeze: undefined,
        problems: ['uga.conf:3: wrong'],
      }),
    }).join('\n');
    assert.match(text, /only root is told/);
    assert.match(text, /missing for 1 min \(no such device\)/);
    assert.match(text, /Sessions \(from none\)\n {2}none/);
    assert.match(text, /Pointer {3}not there: EACCES/);
    assert.match(text, /D-Bus {5}not connected/);
    assert.match(text, /Freeze {4}nothing can be frozen/);
    assert.match(text, /Problem {3}uga\.conf:3: wrong/);
  });

  it('says how a freeze is, and that one has ended by itself', () => {
    const freezeLine = (freeze: AgentStatus['freeze']) =>
      renderStatus({ uptimeMs: NOW, status: agentStatus({ freeze }) }).find((line) => line.startsWith('Freeze'));
    const frozen = { state: 'frozen', leaseLeft: 9, achieved: 'consistent', ended: undefined };
    assert.equal(freezeLine(frozen), 'Freeze    frozen (consistent), thaws by itself in 9 s');
    const thawing = { ...frozen, state: 'thawing', leaseLeft: undefined };
    assert.equal(freezeLine(thawing), 'Freeze    thawing');
    const ended = { ...thawing, state: 'thawed', achieved: 'lease-expired', ended: 'the agent died' };
    assert.equal(freezeLine(ended), 'Freeze    nothing is frozen; the last freeze ended early: the agent died');
  });

  it('says why nobody can be logged in', () => {
    const line = (sso: AgentStatus['sso']) =>
      renderStatus({ uptimeMs: NOW, status: agentStatus({ sso }) }).find((one) => one.startsWith('Sign-on'));
    assert.equal(line({ state: 'off', why: 'there is no oVirt port' }), 'Sign-on   off: there is no oVirt port');
    const why = 'cannot listen for credentials: process 7 of user 1000 has taken the name';
    assert.equal(line({ state: 'idle', why }), `Sign-on   no login can be announced: ${why}`);
    assert.equal(line(undefined), undefined);
  });

  it('an agent without a listed session is shown, and no text moves the cursor', () => {
    const [agent] = agentStatus().agents;
    assert.ok(agent);
    const lines = renderStatus({
      uptimeMs: NOW,
      status: agentStatus({ sessions: [], agents: [{ ...agent, build: 'evil\u202e\u009b2J' }] }),
    });
    assert.ok(lines.includes('  2       user 1000'));
    assert.ok(lines.some((line) => line.includes('evil\\u{202E}\\u{9B}2J')));
  });

  it('durations have two units at most', () => {
    const texts = [0, 59_999, 60_000, 3_600_000, 90_000_000, -5].map(durationText);
    assert.deepEqual(texts, ['0 s', '59 s', '1 min', '1 h 0 min', '1 d 1 h', '0 s']);
  });
});
