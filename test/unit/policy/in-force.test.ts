import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clipboardGrab, clipboardRead } from '#protocol/ipc/messages/clipboard.ts';
import { type MonitorsTerms, monitorsTerms } from '#protocol/ipc/messages/monitors.ts';
import { JsonReader } from '#protocol/qga/reader.ts';
import { silent } from '#shared/log/log.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { EventHub } from '#system-agent/events/hub.ts';
import type { AgentEvent } from '#system-agent/events/kinds.ts';
import { PolicyAlarm } from '#system-agent/policy/alarm.ts';
import { gatesOf } from '#system-agent/policy/gates.ts';
import { PolicyInForce } from '#system-agent/policy/in-force.ts';
import { parsePolicy } from '#system-agent/policy/parse.ts';
import { commands } from '#system-agent/qga/commands/index.ts';
import { Dispatcher } from '#system-agent/qga/dispatcher.ts';
import { allGates, frozenGate, listGate } from '#system-agent/qga/gate.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { FakeSessionAgent } from '#test/fakes/served-session.ts';
import { ovirtRig } from '#test/support/ovirt/rig.ts';
import { openDoor } from '#test/support/vdagent-door.ts';

/** A policy whose file is a variable. */
function policyOf(text: string, log = new MemoryLog()) {
  const file = { text };
  const policy = new PolicyInForce(
    'p',
    (name) => parsePolicy(file.text, name),
    log,
    () => 0,
  );
  const change = (changed: string) => {
    file.text = changed;
    policy.reload();
  };
  return { policy, gates: gatesOf(policy), log, change };
}

describe('a policy in force', () => {
  it('is another one after it was read again; a mistake leaves it as it was', () => {
    const { policy, log, change } = policyOf('[policy]\nprofile=observe\n');
    let changes = 0;
    const listening = policy.onChange(() => changes++);
    change('[policy]\nprofile=ful\n');
    assert.deepEqual([policy.policy.profile, policy.policy.broken, changes], ['observe', undefined, 0]);
    assert.match(JSON.stringify(log.lines), /stays as it was.*'ful' is no profile/);
    change('');
    assert.deepEqual([policy.policy.profile, changes], ['full', 1]);
    listening[Symbol.dispose]();
    change('[policy]\nprofile=desktop\n[deny x]\nclass=login\n');
    assert.equal(changes, 1);
    assert.deepEqual(policy.describe(), { profile: 'desktop', file: 'p', rules: 1, broken: undefined });
  });

  it('that is broken at the start denies, until it is mended', () => {
    const { policy, log, change } = policyOf('[policy]\nprofile=ful\n');
    assert.match(policy.describe().broken ?? '', /^p:2: /);
    assert.equal(log.lines.length, 1);
    assert.equal(policy.decide('qga', 'guest-exec').allowed, false);
    change('');
    assert.equal(policy.decide('qga', 'guest-exec').allowed, true);
  });
});

describe('events of a policy', () => {
  it('tells of denials, of a flood only the first', () => {
    const { policy } = policyOf('[policy]\nprofile=observe\n');
    const told: AgentEvent[] = [];
    const gates = gatesOf(policy, new PolicyAlarm({ publish: (event) => told.push(event) }, () => 0));
    for (let n = 0; n < 1000; n++) gates.vdagent.admits('mouse-state');
    const data = { door: 'vdagent', request: 'mouse-state', rule: 'profile observe (p:2)', untold: 0n };
    assert.deepEqual(told, [{ event: 'POLICY_DENIED', data }]);
  });

  it('asking whether a command is enabled, and what is allowed, is none', () => {
    const { policy } = policyOf('[policy]\nprofile=observe\n');
    const gates = gatesOf(policy, { denied: () => assert.fail() });
    gates.qga({ name: 'guest-exec' });
    gates.qga({ name: 'guest-ping' }, new Map());
    gates.mayTell('active-user');
  });

  it('keeps from hosts what they may not ask for, and not from others who listen', async () => {
    const { policy } = policyOf('[policy]\nprofile=full\n[deny u]\nclass=users\n');
    const hub = new EventHub(
      () => 1,
      (event) => policy.enabled('qga', event).allowed,
    );
    const heard: string[] = [];
    hub.onEvent(({ event }) => heard.push(event));
    const session = { id: '1', uid: 0n, user: 'u', class: 'user', type: 'tty', seat: undefined };
    hub.publish({ event: 'SESSION_ADDED', data: { session } });
    hub.publish({ event: 'SHUTDOWN_BEGUN', data: {} });
    const { events } = await hub.wait({ cursor: 0n, timeoutMs: 0, host: new AbortController().signal });
    assert.deepEqual(heard, ['SESSION_ADDED', 'SHUTDOWN_BEGUN']);
    assert.deepEqual(
      events.map(({ event }) => event),
      ['SHUTDOWN_BEGUN'],
    );
  });
});

describe("the QEMU agent's door", () => {
  function ask(text: string, request: string, options: { block?: string[]; frozen?: boolean } = {}) {
    const { block = [], frozen = false } = options;
    const gate = allGates([listGate({ block: new Set(block) }), policyOf(text).gates.qga]);
    const freeze = { phase: frozen ? 'frozen' : 'thawed' } as const;
    const dispatcher = new Dispatcher(commands, fakePlatform(), frozenGate(freeze, gate), silent);
    const [event] = new JsonReader().push(Buffer.from(request));
    assert.equal(event?.kind, 'value');
    const answer = dispatcher.answer(event.value);
    return Promise.resolve(answer).then(({ reply }) => reply);
  }

  it('says which rule denies a command, and lists it as not enabled', async () => {
    const text = '[policy]\nprofile=observe\n[deny no-users]\nclass=users\n';
    assert.deepEqual((await ask(text, '{"execute":"guest-exec","arguments":{"path":"/bin/true"}}'))?.error, {
      class: 'CommandNotFound',
      desc: 'Command guest-exec has been disabled: profile observe (p:2)',
    });
    assert.deepEqual((await ask(text, '{"execute":"guest-get-users"}'))?.error, {
      class: 'CommandNotFound',
      desc: 'Command guest-get-users has been disabled: [deny no-users] (p:3)',
    });
    const info = (await ask(text, '{"execute":"guest-info"}')) as {
      return: { supported_commands: { name: string; enabled: boolean }[] };
    };
    const enabled = new Map(info.return.supported_commands.map((one) => [one.name, one.enabled]));
    assert.deepEqual(
      ['guest-exec', 'guest-get-users', 'guest-ping', 'guest-get-fsinfo'].map((name) => enabled.get(name)),
      [false, false, true, true],
    );
  });

  it('a request that no rule allows is an error of its own: the command is there', async () => {
    const text = '[allow srv]\ncommand=guest-file-open\npath=/srv\n';
    assert.deepEqual((await ask(text, '{"execute":"guest-file-open","arguments":{"path":"/etc/shadow"}}'))?.error, {
      class: 'GenericError',
      desc: 'Command guest-file-open has been refused: the path is not allowed: [allow srv] (p:1)',
    });
  });

  it("qemu-ga's lists stay in force whatever the policy allows", async () => {
    const text = '[allow ping]\ncommand=guest-ping\n';
    assert.deepEqual((await ask(text, '{"execute":"guest-ping"}', { block: ['guest-ping'] }))?.error, {
      class: 'CommandNotFound',
      desc: 'Command guest-ping has been disabled: the command is not allowed',
    });
  });

  it('a freeze decides alone: what ends it cannot be denied', async () => {
    const text = '[policy]\nprofile=minimal\n';
    const thaw = '{"execute":"guest-fsfreeze-thaw"}';
    assert.match(JSON.stringify(await ask(text, thaw)), /disabled: profile minimal/);
    assert.doesNotMatch(JSON.stringify(await ask(text, thaw, { frozen: true })), /disabled/);
  });
});

describe("oVirt's door", () => {
  it('carries out what is allowed, and tells only what may be asked', async (t) => {
    const { gates, change } = policyOf('[policy]\nprofile=confidential\n');
    const rig = await ovirtRig({ gate: gates.ovirt, mayTell: gates.mayTell });
    t.after(() => rig.door.stop());
    rig.channel.connect();
    rig.host.refresh();
    rig.host.say('shutdown', { timeout: 0 });
    const heard = new Set(await rig.listen());
    assert.deepEqual(heard, new Set(['heartbeat', 'session-startup']));
    assert.equal(rig.platform.plans.length, 1);

    change('[policy]\nprofile=observe\n[deny names]\ncommand=host-name\n');
    rig.host.refresh();
    rig.host.say('shutdown', { timeout: 0 });
    const more = new Set(await rig.listen());
    assert.ok(more.has('os-version') && more.has('network-interfaces') && !more.has('host-name'));
    assert.equal(rig.platform.plans.length, 1);
  });
});

describe("SPICE's door", () => {
  const CLIPBOARD = ['clipboard-by-demand', 'clipboard-selection', 'guest-lineend-lf', 'max-clipboard'];
  const announced = (heard: readonly unknown[]): ReadonlySet<string> => {
    const found = (heard as [string, { capabilities: ReadonlySet<string> }][]).filter(
      ([name]) => name === 'announce-capabilities',
    );
    return found.at(-1)?.[1].capabilities ?? new Set();
  };

  it('announces what may be used, and announces anew when that changes', async (t) => {
    const { gates, change } = policyOf('[policy]\nprofile=observe\n');
    const { door, heard } = await openDoor({ greets: false, gate: gates.vdagent });
    t.after(() => door.stop());
    assert.deepEqual(announced(await heard()), new Set(['reply', 'file-xfer-disabled']));
    change('[policy]\nprofile=observe\n[allow copy]\nclass=clipboard-out\n');
    const then = announced(await heard());
    assert.deepEqual(
      CLIPBOARD.filter((name) => !then.has(name)),
      [],
    );
    assert.ok(!then.has('mouse-state') && !then.has('monitors-config'));
  });

  it('does not follow the display device either where monitors are denied', async (t) => {
    const { gates, change } = policyOf('[policy]\nprofile=observe\n');
    const { door, sessionLink, heard } = await openDoor({ gate: gates.vdagent });
    t.after(() => door.stop());
    const agent = new FakeSessionAgent('c2', ['monitors', 'monitors.follow']);
    agent.link.answer(monitorsTerms, () => ({ why: undefined }));
    sessionLink.serve(agent);
    await heard();
    change('[policy]\nprofile=desktop\n');
    await heard();
    assert.deepEqual(
      agent.link.take().map(({ body }) => (body as MonitorsTerms).follow),
      ['off', 'auto'],
    );
  });

  it('neither moves the pointer nor sets monitors where that is denied, and says so to who waits', async (t) => {
    const { gates } = policyOf('[policy]\nprofile=observe\n');
    const { door, host, pointer, session, heard } = await openDoor({ gate: gates.vdagent });
    t.after(() => door.stop());
    host.send('mouse-state', { x: 1, y: 2, buttons: 0, displayId: 0 });
    host.send('monitors-config', {
      monitors: [{ width: 800, height: 600, x: 0, y: 0, depth: 32 }],
      hasPositions: true,
    });
    assert.deepEqual((await heard()).at(-1), ['reply', { to: 2, succeeded: false }]);
    assert.deepEqual([pointer.states, session.take()], [[], []]);
    assert.equal(door.protocolErrors.get('not-allowed'), 2);
  });

  const selection = 'clipboard';
  const none = ['clipboard', { selection, type: 'none', data: '' }];
  const clientGrab = { selection, serial: 0, types: ['text'] } as const;
  const only = (direction: string) => policyOf(`[policy]\nprofile=observe\n[allow c]\nclass=${direction}\n`);

  it('gives the guest what the client copies, and the client nothing, where only that is allowed', async (t) => {
    const { gates, change } = only('clipboard-in');
    const open = await openDoor({ gate: gates.vdagent });
    t.after(() => open.door.stop());
    open.session.say(clipboardGrab, { selection, types: ['text'], serial: undefined, age: undefined });
    open.host.send('clipboard-request', { selection, type: 'text' });
    assert.deepEqual(await open.heard(), [none]);
    open.host.send('clipboard-grab', clientGrab);
    assert.deepEqual(
      open.session.take().map(({ name }) => name),
      ['clipboard.grab'],
    );
    const pasted = open.session.ask(clipboardRead, { selection, type: 'text', maxBytes: 100 });
    assert.deepEqual(await open.heard(), [['clipboard-request', { selection, type: 'text' }]]);

    change('[policy]\nprofile=observe\n');
    assert.deepEqual(
      await pasted,
      { stream: undefined, size: undefined, content: undefined, why: 'the client gave nothing' },
      'the paste that waits gets nothing',
    );
    assert.deepEqual(
      open.session.take().map(({ name }) => name),
      ['clipboard.release'],
    );
  });

  it('gives the client what the guest copies, and the guest nothing, where only that is allowed', async (t) => {
    const { gates, change } = only('clipboard-out');
    const open = await openDoor({ gate: gates.vdagent });
    t.after(() => open.door.stop());
    open.host.send('clipboard-grab', clientGrab);
    assert.deepEqual(open.session.take(), []);
    assert.equal(open.door.protocolErrors.get('not-allowed'), 1);
    open.session.answer(clipboardRead, () => ({ stream: open.session.offer('copied'), why: undefined }));
    open.session.say(clipboardGrab, { selection, types: ['text'], serial: undefined, age: undefined });
    open.host.send('clipboard-request', { selection, type: 'text' });
    assert.deepEqual(await open.heard(), [
      ['clipboard-grab', { selection, serial: 1, types: ['text'] }],
      ['clipboard', { selection, type: 'text', data: 'copied' }],
    ]);
    change('[policy]\nprofile=observe\n');
    assert.deepEqual((await open.heard())[0], ['clipboard-release', { selection }]);
    open.host.send('clipboard-request', { selection, type: 'text' });
    assert.deepEqual(await open.heard(), [none]);
  });

  it('counts grabs against a rate', async (t) => {
    const { gates } = policyOf('[allow c]\ncommand=clipboard-grab\nrate=3/d\n');
    const open = await openDoor({ gate: gates.vdagent });
    t.after(() => open.door.stop());
    for (let serial = 0; serial < 10; serial++) open.host.send('clipboard-grab', { ...clientGrab, serial });
    assert.equal(open.door.protocolErrors.get('not-allowed'), 7);
  });
});
