import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { noDesktop } from '../needs.ts';
import { until } from '../support/wait.ts';
import { Desktop } from './desktop.ts';
import { original } from './pair.ts';

const TEXTS = ['plain', 'Grüße, 世界, 🖥️', 'two\nlines\n', 'x'.repeat(50_000)];

/** For what an agent does on a busy machine. */
const SOON_MS = 20_000;

describe(`a SPICE client and the desktop, with ${original.unit}`, { skip: noDesktop }, () => {
  let desktop: Desktop;

  before(async () => {
    desktop = await Desktop.start(original);
  });

  after(async () => {
    await desktop?.[Symbol.asyncDispose]();
  });

  for (const text of TEXTS) {
    it(`what the client copies is read in the guest: ${label(text)}`, async () => {
      const { client, alice } = desktop;
      await client.copy('clipboard', text);
      await until(SOON_MS, 'the text in the guest', async () => (await alice.paste('clipboard')) === text || undefined);
    });

    it(`what a user of the guest copies is read by the client: ${label(text)}`, async () => {
      const { client, alice } = desktop;
      await alice.copy('clipboard', text);
      await client.sees(SOON_MS, 'the grab of the guest', (state) => state.guestOwns.clipboard);
      assert.equal(await client.paste('clipboard'), text);
    });
  }

  it('the screen takes the size that the client asks for', async () => {
    const { client, alice } = desktop;
    for (const size of [
      { width: 1024, height: 768 },
      { width: 1144, height: 900 },
    ]) {
      await client.resize(size);
      await client.sees(SOON_MS, 'the new size on the screen', ({ surfaces }) => {
        const surface = surfaces[0];
        return surface?.width === size.width && surface.height === size.height;
      });
      assert.deepEqual(await alice.screen(), size);
    }
  });
});

function label(text: string): string {
  return text.length > 40 ? `${text.length} characters` : JSON.stringify(text);
}
