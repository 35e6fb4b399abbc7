import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { complete, runPrompt } from '#host/cli/prompt.ts';
import { demoCommands } from '#host/demo/commands.ts';
import { Doors } from '#host/demo/doors.ts';
import { readDoors } from '#host/demo/status.ts';
import { startOvirtGuest } from '#test/support/ovirt-guest.ts';
import { startGuest } from '#test/support/scripted-guest.ts';
import { type FakeTerminal, fakeTerminal } from '#test/support/terminal.ts';
import { until } from '#test/support/until.ts';
import { startVdagentGuest } from '#test/support/vdagent-guest.ts';

type Guests = Awaited<ReturnType<typeof startGuests>>;

async function startGuests() {
  const qga = await startGuest(({ execute }, socket) => {
    if (execute === 'guest-sync-delimited') return false;
    return socket.write('{"return": {"said": "through QGA"}}\n');
  });
  const ovirt = await startOvirtGuest((line, say) => {
    if (line.__name__ === 'lock-screen') say('session-lock');
    return false;
  });
  const vdagent = await startVdagentGuest((message, guest) => {
    const isNew = message.name === 'announce-capabilities' && message.fields.request;
    if (isNew) guest.send('clipboard-grab', { selection: 'clipboard', serial: 0, types: ['text'] });
    if (message.name === 'monitors-config') guest.send('reply', { to: 2, succeeded: true });
    if (message.name === 'clipboard-grab') guest.send('clipboard-request', { selection: 'clipboard', type: 'text' });
  });
  return {
    qga,
    ovirt,
    vdagent,
    doors: new Doors({ qga: qga.path, ovirt: ovirt.path, vdagent: vdagent.path }),
    async [Symbol.asyncDispose]() {
      for (const part of [this.doors, qga, ovirt, vdagent]) await part[Symbol.asyncDispose]();
    },
  };
}

async function typing(play: (terminal: FakeTerminal, guests: Guests) => Promise<void>): Promise<void> {
  await using guests = await startGuests();
  const terminal = fakeTerminal();
  const extension = demoCommands(guests.doors);
  const ended = runPrompt(guests.doors.qga, { io: terminal, pretty: false }, { extension });
  await play(terminal, guests);
  terminal.type('quit\r');
  assert.equal(await ended, 0);
}

function shows(terminal: FakeTerminal, text: string): Promise<void> {
  return until(() => (terminal.screen() + terminal.err()).includes(text), text);
}

describe('the console of three doors', () => {
  it('shows memory, user, session and clipboard beside what QGA says', async () => {
    await using guests = await startGuests();
    const text = (await readDoors(guests.doors, new AbortController().signal)).join('\n');
    assert.match(text, /^QEMU guest agent\nagent /);
    assert.match(text, /\n\noVirt guest agent\nmemory {6}3921 MiB free of 7956 MiB, .*\n/);
    assert.match(text, /\nactive user ada\nsession {5}unknown\n/);
    assert.match(text, /\n\nSPICE agent\noffers {6}mouse-state, .*\nclipboard {3}\S/);
  });

  it('sends a command through the door that is named, and through QGA otherwise', async () => {
    await typing(async (terminal, { ovirt, vdagent }) => {
      terminal.type('guest-ping\r');
      await shows(terminal, 'through QGA');
      terminal.type('ovirt send shutdown timeout=0\r');
      await shows(terminal, 'shutdown: sent');
      await until(() => ovirt.heard.some(({ __name__, timeout }) => __name__ === 'shutdown' && timeout === 0));
      terminal.type('vdagent monitors 800x600\r');
      await shows(terminal, 'the guest says that it took them');
      assert.ok(vdagent.heard.some(({ name }) => name === 'monitors-config'));
    });
  });

  it('goes on serving what the clipboard was set to', async () => {
    await typing(async (terminal, { vdagent }) => {
      terminal.type('vdagent clipboard set "two words"\r');
      await until(() =>
        vdagent.heard.some(({ name, fields }) => name === 'clipboard' && String(fields.data) === 'two words'),
      );
    });
  });

  it('shows what changes while nobody types', async () => {
    await typing(async (terminal) => {
      terminal.type('ovirt send lock-screen\r');
      await shows(terminal, 'ovirt    session-lock');
      terminal.type('status\r');
      await shows(terminal, 'session     locked');
    });
  });

  it('says how a command that makes no sense is meant', async () => {
    await typing(async (terminal) => {
      terminal.type('ovirt nap\r');
      await shows(terminal, 'ovirt get, or ovirt send NAME');
      terminal.type('vdagent nap\r');
      await shows(terminal, "unknown action 'nap'");
    });
  });

  it('completes the names of the doors', () => {
    assert.deepEqual(complete('ov', [], ['ovirt', 'vdagent'])[0], ['ovirt']);
  });
});
