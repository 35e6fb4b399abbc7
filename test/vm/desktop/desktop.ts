import path from 'node:path';
import { resumeGuest } from '../guest/guest.ts';
import type { Machine } from '../guest/machine.ts';
import { SpiceClient } from '../spice/client.ts';
import type { Pair } from './pair.ts';
import { DesktopSession } from './session.ts';

/** Capability bits of an agent: VD_AGENT_CAP_CLIPBOARD_BY_DEMAND of spice-protocol's vd_agent.h. */
const CLIPBOARD_BY_DEMAND = 5;

/** Both agents start under emulation, on a machine that may be busy. */
const READY_TIMEOUT_MS = 60_000;

/** The desktop guest with alice logged in, the agents started, and a SPICE client connected. */
export class Desktop implements AsyncDisposable {
  private constructor(
    readonly guest: Machine,
    readonly client: SpiceClient,
    readonly alice: DesktopSession,
  ) {}

  /**
   * Comes back when the agents are there for the client.
   * @param prepare changes the guest before they start
   */
  static async start(pair: Pair, prepare: (guest: Machine) => Promise<void> = async () => {}): Promise<Desktop> {
    const guest = await resumeGuest({ image: 'desktop' });
    let client: SpiceClient | undefined;
    try {
      await prepare(guest);
      await pair.start(guest.shell);
      client = await SpiceClient.start(guest.socketOf('spice'), path.join(guest.files.folder, 'client.log'));
      await agentReady(client);
      return new Desktop(guest, client, new DesktopSession(guest.shell, 'alice', ':0'));
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
