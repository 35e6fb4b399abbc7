import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pidOf, product } from '../guest/agents.ts';
import { noDesktop } from '../needs.ts';
import { until } from '../support/wait.ts';
import { agentReady, Desktop } from './desktop.ts';
import { ours } from './pair.ts';

/** What must be there soon takes a while when the machine is busy. */
const SOON_MS = 30_000;
/** More than one: the counts of grabs must go on together. */
const COPIES = 3;

const WAYS = {
  'a restart': `systemctl restart ${product.unit}`,
  'kill -9': `systemctl kill --kill-whom=main --signal=KILL ${product.unit}`,
};

describe('a SPICE client over a restart of the system agent', { skip: noDesktop }, () => {
  let desktop: Desktop;
  let texts = 0;

  before(async () => {
    desktop = await Desktop.start(ours);
  });

  after(async () => {
    await desktop?.[Symbol.asyncDispose]();
  });

  async function guestGets(): Promise<void> {
    const text = `from the client ${++texts}`;
    await desktop.client.copy('clipboard', text);
    await until(SOON_MS, 'the text in the guest', async () =>
      (await desktop.alice.paste('clipboard')) === text ? true : undefined,
    );
  }

  async function clientGets(): Promise<void> {
    const { alice, client } = desktop;
    const text = `from the guest ${++texts}`;
    const since = Date.now();
    await alice.copy('clipboard', text);
    await client.sees(
      SOON_MS,
      'the grab',
      ({ guestOwns, grabbedAt }) => guestOwns.clipboard && grabbedAt.clipboard >= since,
    );
    assert.equal(await client.paste('clipboard'), text);
  }

  for (const [what, act] of Object.entries(WAYS)) {
    it(`copies go both ways after ${what}, again and again`, async (t) => {
      const { client, guest } = desktop;
      for (let copies = 0; copies < COPIES; copies++) {
        await guestGets();
        await clientGets();
      }
      const before = await pidOf(guest.shell, product);
      const gone = client.sees(SOON_MS, 'the end of the agent', ({ agent }) => !agent);
      const start = Date.now();
      await guest.shell.run(act);
      await gone;
      await agentReady(client);
      assert.notEqual(await pidOf(guest.shell, product), before);
      await guestGets();
      t.diagnostic(`the next paste after ${what}: ${Date.now() - start} ms`);
      for (let copies = 0; copies < COPIES; copies++) {
        await clientGets();
        await guestGets();
      }
    });
  }
});
