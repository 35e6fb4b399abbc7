import assert from 'node:assert/strict';
import path from 'node:path';
import { resumeGuest } from '../guest/guest.ts';
import type { Machine } from '../guest/machine.ts';
import type { RootShell } from '../guest/root-shell.ts';
import { SpiceClient } from '../spice/client.ts';
import { until } from '../support/wait.ts';
import type { Pair } from './pair.ts';
import { DesktopSession } from './session.ts';

/** Capability bits of an agent: VD_AGENT_CAP_CLIPBOARD_BY_DEMAND of spice-protocol's vd_agent.h. */
const CLIPBOARD_BY_DEMAND = 5;

/** Both agents start under emulation, on a machine that may be busy. */
const READY_TIMEOUT_MS = 60_000;

/** A guest of the desktop image, whoever started it. */
export interface DesktopGuest extends AsyncDisposable {
  readonly shell: RootShell;
  socketOf(port: 'spice'): string;
}

/** The desktop guest with alice logged in, the agents started, and a SPICE client connected. */
export class Desktop<Guest extends DesktopGuest = Machine> implements AsyncDisposable {
  private constructor(
    readonly guest: Guest,
    readonly client: SpiceClient,
    readonly alice: DesktopSession,
  ) {}

  /**
   * Comes back when alice is served.
   * @param prepare changes the guest before they start
   */
  static async start(pair: Pair, prepare: (guest: Machine) => Promise<void> = async () => {}): Promise<Desktop> {
    const guest = await resumeGuest({ image: 'desktop' });
    try {
      await prepare(guest);
    } catch (error) {
      await guest[Symbol.asyncDispose]();
      throw error;
    }
    return Desktop.over(guest, pair);
  }

  /** The same for a guest that runs. It is disposed of with the desktop, also when this fails. */
  static async over<Guest extends DesktopGuest>(guest: Guest, pair: Pair): Promise<Desktop<Guest>> {
    let client: SpiceClient | undefined;
    try {
      await pair.start(guest.shell);
      const socket = guest.socketOf('spice');
      client = await SpiceClient.start(socket, path.join(path.dirname(socket), 'client.log'));
      await agentReady(client);
      const alice = new DesktopSession(guest.shell, 'alice', ':0');
      const desktop = new Desktop(guest, client, alice);
      await serves(desktop, alice);
      return desktop;
    } catch (error) {
      await client?.[Symbol.asyncDispose]();
      await guest[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
    await this.guest[Symbol.asyncDispose]();
  }
}

/** Waits until an agent has announced that it serves the clipboard. */
export async function agentReady(client: SpiceClient, timeoutMs = READY_TIMEOUT_MS): Promise<void> {
  await client.sees(
    timeoutMs,
    'the agent of the guest',
    ({ agent, capabilities }) => agent && capabilities.includes(CLIPBOARD_BY_DEMAND),
  );
}

let texts = 0;

/** Waits until both directions of the clipboard work for a session. A text that was copied while nobody was served stays with the client, so each try is new. */
export async function serves({ client }: Pick<Desktop, 'client'>, session: DesktopSession): Promise<void> {
  await until(READY_TIMEOUT_MS, `${session.user} to read what the client copies`, async () => {
    const text = `text ${++texts}`;
    await client.copy('clipboard', text);
    return (await session.paste('clipboard')) === text || undefined;
  });
  const text = `text ${++texts}`;
  await session.copy('clipboard', text);
  await client.sees(READY_TIMEOUT_MS, `what ${session.user} copied`, (state) => state.guestOwns.clipboard);
  assert.equal(await client.paste('clipboard'), text);
}
