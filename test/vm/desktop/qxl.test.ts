import { it } from 'node:test';
import { bootDesktop } from '../guest/guest.ts';
import { noDesktop } from '../needs.ts';
import { until } from '../support/wait.ts';
import { landsAtCorners } from './corners.ts';
import { Desktop } from './desktop.ts';
import { ours } from './pair.ts';

const SOON_MS = 30_000;
const ONE = { x: 0, y: 0, width: 1234, height: 701 };
const TWO = [
  { x: 0, y: 0, width: 1000, height: 620 },
  { x: 1000, y: 0, width: 800, height: 600 },
] as const;

it('QXL is followed with one head and with two, and the pointer lands at all corners', {
  skip: noDesktop,
}, async () => {
  await using desktop = await Desktop.over(await bootDesktop('qxl-vga'), ours);
  const { client, alice } = desktop;
  await client.sees(SOON_MS, 'the mouse mode of the client', (state) => state.clientMouse);
  for (const heads of [[ONE], TWO]) {
    await client.resize(...heads);
    const wanted = heads.map(({ x, y, width, height }) => `${width}x${height}+${x}+${y}`).join();
    // --current: without it xrandr has the server look at its outputs itself.
    await until(SOON_MS, wanted, async () => {
      const text = await alice.run('xrandr --current');
      const places = [...text.matchAll(/ connected (?:primary )?(\d+x\d+\+\d+\+\d+)/g)].map(([, place]) => place);
      return places.join() === wanted || undefined;
    });
    await landsAtCorners(client, alice, ...heads);
  }
});
