import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { heads, headsBecome } from '#test/support/desktop/heads.ts';
import { type SpiceDesktop, startSpiceDesktop, type Which } from '#test/support/desktop/spice-desktop.ts';
import { startXorgDummy } from '#test/support/desktop/x-server.ts';
import { without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const skip = without('spice-vdagentd') || without('spice-vdagent') || without('Xorg') || without('xrandr');
/** Long enough for what must not happen. */
const QUIET_MS = 250;

const at = (width: number, height: number, x = 0, y = 0) => ({ width, height, x, y, depth: 32 });
const off = at(0, 0);
type Monitor = ReturnType<typeof at> & { readonly physical?: { readonly width: number; readonly height: number } };

interface Step {
  /** One wish after the other, without waiting. */
  readonly wishes: readonly (readonly Monitor[])[];
  readonly unplaced?: true;
  /** The outputs after it, for both. */
  readonly heads?: readonly string[];
  /** Or for each; docs/spice-differences.md says why. */
  readonly original?: readonly string[];
  readonly ours?: readonly string[];
  /** How many of the wishes the original answers. Default: all, as we do. */
  readonly originalReplies?: number;
}

const burst = Array.from({ length: 40 }, (_, step) => [at(800 + 10 * step, 600 + step)]);
const BEFORE = ['DUMMY0 primary 1200x800+0+0'];
const MANY = Array.from({ length: 16 }, (_, index) => ({ x: 320 * (index % 8), y: 240 * Math.floor(index / 8) }));

/** What a host says of monitors, one after the other. */
const DIALOGUE: Readonly<Record<string, Step>> = {
  'a window of another size': { wishes: [[at(1000, 700)]], heads: ['DUMMY0 primary 1000x700+0+0'] },
  'a width that is not on the grid': { wishes: [[at(1015, 701)]], heads: ['DUMMY0 primary 1008x701+0+0'] },
  'the same again': { wishes: [[at(1015, 701)]], heads: ['DUMMY0 primary 1008x701+0+0'] },
  'a window that is dragged': { wishes: burst, heads: ['DUMMY0 primary 1184x639+0+0'] },
  'two heads side by side': {
    wishes: [[at(800, 600), at(640, 480, 800)]],
    heads: ['DUMMY0 primary 800x600+0+0', 'DUMMY1 640x480+800+0'],
  },
  'the second one left of the first': {
    wishes: [[at(800, 600), at(640, 480, -640, 7)]],
    heads: ['DUMMY0 primary 800x600+640+0', 'DUMMY1 640x480+0+7'],
  },
  'the first one off': { wishes: [[off, at(1000, 700, 500, 300)]], heads: ['DUMMY1 1000x700+0+0'] },
  'one in the middle off': {
    wishes: [[at(800, 600), off, at(640, 480, 800, 100)]],
    heads: ['DUMMY0 primary 800x600+0+0', 'DUMMY2 640x480+800+100'],
  },
  'sixteen slots, one of them on': {
    wishes: [[at(1200, 800), ...Array.from({ length: 15 }, () => off)]],
    heads: BEFORE,
  },
  'everything off': { wishes: [[off, off]], heads: BEFORE },
  'no monitor at all': { wishes: [[]], heads: BEFORE },
  'more than there are outputs': {
    wishes: [[...MANY.map(({ x, y }) => at(320, 240, x, y)), at(320, 240, 0, 480), at(320, 240, 320, 480)]],
    heads: MANY.map(({ x, y }, index) => `DUMMY${index} ${index === 0 ? 'primary ' : ''}320x240+${x}+${y}`),
  },
  'one again': { wishes: [[at(1200, 800)]], heads: BEFORE },
  'two heads without places': {
    wishes: [[at(800, 600), at(640, 480)]],
    unplaced: true,
    original: ['DUMMY0 primary 800x600+0+0', 'DUMMY1 640x480+0+0'],
    ours: ['DUMMY0 primary 800x600+0+0', 'DUMMY1 640x480+800+0'],
  },
  'the size of the glass in millimetres': {
    wishes: [[{ ...at(1200, 800), physical: { width: 300, height: 200 } }]],
    original: ['DUMMY0 primary 800x600+0+0', 'DUMMY1 640x480+0+0'],
    originalReplies: 0,
    ours: BEFORE,
  },
  'one again, as before': { wishes: [[at(1200, 800)]], heads: BEFORE },
  'more pixels than there is memory for': {
    wishes: [[at(30_000, 30_000)], [at(30_000, 30_000)]],
    original: BEFORE,
    ours: ['DUMMY0 primary 1024x768+0+0'],
  },
  'and then a size that can be had': { wishes: [[at(1200, 800)]], heads: BEFORE },
};

async function play(which: Which): Promise<void> {
  await using desktop = await startSpiceDesktop(which, { startServer: startXorgDummy });
  const file = path.join(desktop.home, '.config', 'monitors.xml');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '<monitors/>');
  await until(() => desktop.session.stderr !== '' || desktop.session.running, 'the session');
  await isServed(desktop);
  for (const [name, step] of Object.entries(DIALOGUE)) {
    const expected = step.heads ?? step[which] ?? [];
    const replies = which === 'ours' ? step.wishes.length : (step.originalReplies ?? step.wishes.length);
    for (const monitors of step.wishes) {
      desktop.host.send('monitors-config', { hasPositions: step.unplaced !== true, monitors });
    }
    await until(() => desktop.host.heardCount >= replies, `${which}: the answers to ${name}`);
    assert.deepEqual(await headsBecome(desktop, expected), expected, `${which}: ${name}`);
    await sleep(QUIET_MS);
    assert.deepEqual(await heads(desktop), expected, `${which}, a little later: ${name}`);
    const ok = ['reply', { to: 2, succeeded: true }];
    assert.deepEqual(desktop.host.heard(), Array(replies).fill(ok), `${which}: ${name}`);
  }
  assert.equal(existsSync(file), which === 'ours', `${which}: what the user has set`);
}

/** A first wish is repeated until the session's agent has come, and its answers are forgotten. */
async function isServed({ host, env }: SpiceDesktop): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    host.send('monitors-config', { hasPositions: true, monitors: [at(640, 480)] });
    await sleep(100);
    if ((await heads({ env }).catch(() => [])).join() === 'DUMMY0 primary 640x480+0+0') break;
  }
  await sleep(QUIET_MS);
  host.heard();
}

for (const which of ['original', 'ours'] as const) {
  it(`monitors follow a client as with spice-vdagent: ${which}`, { skip, timeout: 240_000 }, () => play(which));
}
