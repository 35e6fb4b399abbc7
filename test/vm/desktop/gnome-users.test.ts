import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pidOf, product } from '../guest/agents.ts';
import { resumeGuest } from '../guest/guest.ts';
import type { Machine } from '../guest/machine.ts';
import { QgaClient } from '../guest/qga-client.ts';
import { noDesktop } from '../needs.ts';
import { Vdsm } from '../ovirt/vdsm.ts';
import { SpiceClient } from '../spice/client.ts';
import { until } from '../support/wait.ts';
import { UP_MS, WaylandSession } from '../wayland/session.ts';
import { agentReady } from './desktop.ts';
import { ALICE_LOGS_IN, CALM, workOf } from './gnome.ts';

const SOON_MS = 120_000;
/** For what must not come. */
const NEVER_MS = 6_000;
const ROUNDS = 5;

/** A new greeter, as "Switch User" has it. */
const SWITCH_USER = `dbus-send --system --print-reply --dest=org.gnome.DisplayManager \
  /org/gnome/DisplayManager/LocalDisplayFactory org.gnome.DisplayManager.LocalDisplayFactory.CreateTransientDisplay`;

/**
 * Two users with GNOME on Wayland at one seat, both logged in through GDM: alice by its automatic login, bob by a host's message at the
 * greeter. One guest for all, and an order: each test goes on with the sessions that the one before has left.
 */
describe('two users with GNOME', { skip: noDesktop }, () => {
  let guest: Machine;
  let vdsm: Vdsm;
  let qga: QgaClient;
  let client: SpiceClient;
  let alice: WaylandSession;
  let bob: WaylandSession;
  let texts = 0;

  before(async () => {
    guest = await resumeGuest({ image: 'gnome' });
    await guest.shell.run(`${CALM}${ALICE_LOGS_IN}`, 120);
    await product.start(guest.shell);
    vdsm = await Vdsm.connect(guest.socketOf('ovirt'));
    qga = await QgaClient.connect(guest.socketOf('qga'));
    client = await SpiceClient.start(guest.socketOf('spice'), path.join(guest.files.folder, 'client.log'));
    alice = new WaylandSession(guest.shell, 'alice');
    bob = new WaylandSession(guest.shell, 'bob');
    await guest.shell.run('systemctl start gdm', 120);
    await alice.isUp();
    await served(alice, UP_MS);
    await agentReady(client);
  });

  after(async () => {
    await client?.[Symbol.asyncDispose]();
    qga?.[Symbol.dispose]();
    vdsm?.[Symbol.dispose]();
    await guest?.[Symbol.asyncDispose]();
  });

  const newText = () => `text ${++texts}`;
  const sessionOf = ({ user }: WaylandSession) => guest.shell.run(`loginctl show-user ${user} -p Display --value`);
  const activate = async (who: WaylandSession) => guest.shell.run(`loginctl activate ${await sessionOf(who)}`);
  const owned = async () => (await client.state()).guestOwns.clipboard;

  /** Users with a session, those who are served first. */
  async function users(): Promise<readonly { user: string; served: boolean; agent: boolean }[]> {
    const { return: all } = await qga.ask('uga-session-list');
    return all as { user: string; served: boolean; agent: boolean }[];
  }

  async function served(who: WaylandSession, timeoutMs = SOON_MS): Promise<void> {
    await until(timeoutMs, `${who.user} to be served, and nobody else`, async () => {
      const those = (await users()).filter((one) => one.served);
      return (those.length === 1 && those[0]?.user === who.user && those[0].agent) || undefined;
    });
  }

  /** Both ways. Each try is new: what was copied while nobody was served stays with the client. */
  async function hasTheClipboard(who: WaylandSession): Promise<void> {
    await until(SOON_MS, `${who.user} to get what the client copies`, async () => {
      const text = newText();
      await client.copy('clipboard', text);
      await sleep(500);
      return (await who.paste('clipboard')) === text || undefined;
    });
    const text = newText();
    await who.copy('clipboard', text);
    await client.sees(SOON_MS, `what ${who.user} copied`, (state) => state.guestOwns.clipboard);
    assert.equal(await client.paste('clipboard'), text);
  }

  /** @param who is not in front */
  async function hasNoClipboard(who: WaylandSession): Promise<void> {
    const text = newText();
    await client.copy('clipboard', text);
    await sleep(NEVER_MS);
    assert.notEqual(await who.paste('clipboard'), text);
    await who.copy('clipboard', newText());
    await sleep(NEVER_MS);
    assert.equal(await owned(), false);
  }

  it('the first has the clipboard', () => hasTheClipboard(alice));

  it('the second logs in at a greeter of his own, and what the first has copied is no longer offered', async () => {
    assert.equal(await owned(), true);
    await guest.shell.run(SWITCH_USER, 60);
    await client.sees(SOON_MS, "the end of alice's copy", (state) => !state.guestOwns.clipboard);
    await until(2 * UP_MS, "bob's session", async () => {
      if ((await users()).some(({ user }) => user === 'bob')) return true;
      vdsm.send('login', { username: 'bob', password: 'bobpw' });
      await until(
        SOON_MS,
        "bob's session, or another try",
        async () => (await users()).some(({ user }) => user === 'bob') || undefined,
      ).catch(() => {});
      return undefined;
    });
    await bob.isUp();
    await served(bob, UP_MS);
    assert.equal(await owned(), false);
  });

  it('the second has the clipboard, and the first has not', async () => {
    await hasTheClipboard(bob);
    await hasNoClipboard(alice);
  });

  it('the first in front again has it, with what she copied meanwhile, and the second has not', async () => {
    const text = newText();
    await alice.copy('clipboard', text);
    await activate(alice);
    await served(alice);
    await client.sees(SOON_MS, 'what alice has copied', (state) => state.guestOwns.clipboard);
    assert.equal(await client.paste('clipboard'), text);
    await hasTheClipboard(alice);
    await hasNoClipboard(bob);
  });

  it('whoever is in front after many switches is served, alone', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await activate(bob);
      await sleep(round * 500);
      await activate(alice);
      await sleep(round * 500);
    }
    await activate(bob);
    await served(bob);
    await hasTheClipboard(bob);
    await hasNoClipboard(alice);
  });

  it('no agent works while nobody does anything', async () => {
    const agents = await Promise.all([alice, bob].map((who) => who.agents()));
    assert.deepEqual(
      agents.map(({ length }) => length),
      [1, 1],
    );
    const pids = [await pidOf(guest.shell, product), ...agents.flat()];
    const before = await Promise.all(pids.map((pid) => workOf(guest.shell, pid)));
    await sleep(NEVER_MS);
    for (const [index, pid] of pids.entries()) {
      const done = (await workOf(guest.shell, pid)) - (before[index] ?? 0);
      assert.ok(done < NEVER_MS / 2, `process ${pid} of ${pids.join()} worked ${done} ms`);
    }
  });

  it('one who logs off leaves the other with the clipboard', async () => {
    const text = newText();
    await bob.copy('clipboard', text);
    await client.sees(SOON_MS, 'what bob copied', (state) => state.guestOwns.clipboard);
    vdsm.send('log-off');
    await client.sees(SOON_MS, "the end of bob's copy", (state) => !state.guestOwns.clipboard);
    await until(SOON_MS, "the end of bob's session", async () => {
      return !(await users()).some(({ user }) => user === 'bob') || undefined;
    });
    await activate(alice);
    await served(alice);
    await hasTheClipboard(alice);
  });
});
