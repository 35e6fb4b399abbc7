import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { effectsReduce } from '#protocol/ipc/messages/effects.ts';
import { sessionRights } from '#protocol/ipc/messages/hello.ts';
import { type DesktopSettings, desktopSettings } from '#session-agent/effects/desktops.ts';
import { EffectsService } from '#session-agent/effects/service.ts';
import type { RunTool } from '#session-agent/effects/tools.ts';
import { AgentError } from '#shared/errors.ts';
import { silent } from '#shared/log/log.ts';
import { FakeSystemSide } from '#test/support/fake-system-side.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const NONE = { wallpaper: false, smoothing: false, animation: false };
const ALL = { wallpaper: true, smoothing: true, animation: true };
const AS_IT_WAS = { paper: 'hills', fonts: 'rgba' };

/** A desktop of three settings, of which one is not set at first. */
async function open(
  state: string,
  values: Map<string, string> = new Map(Object.entries(AS_IT_WAS)),
  read?: () => never,
) {
  /** Of the state file at each write: it must have been there before. */
  const known: string[] = [];
  let fails = false;
  const desktop: DesktopSettings = {
    name: 'TEST',
    tool: {
      name: 'tool',
      read: async ([key = '']) => (read ? read() : values.get(key)),
      async write([key = ''], value) {
        if (fails) throw new Error('the desktop has gone');
        known.push(
          existsSync(path.join(state, 'effects-test')) ? readFileSync(path.join(state, 'effects-test'), 'utf8') : '',
        );
        if (value === undefined) values.delete(key);
        else values.set(key, value);
      },
    },
    settings: async () => [
      { effect: 'wallpaper', place: ['paper'], reduced: 'none' },
      { effect: 'smoothing', place: ['fonts'], reduced: 'plain' },
      { effect: 'animation', place: ['moves'], reduced: 'no' },
    ],
  };
  const link = new FakeSystemSide();
  const service = new EffectsService({ desktop, state, link, log: silent });
  await service.start();
  return {
    ...{ values, known, link, service },
    reduce: (wish: typeof NONE) => link.ask(effectsReduce, wish),
    now: () => Object.fromEntries(values),
    breakDown: () => {
      fails = true;
    },
  };
}

describe('effects of the desktop', () => {
  it('go as the client wishes and come back as they were, also what was not set', async () => {
    using state = temporaryFolder();
    const { reduce, now, service } = await open(state.path);
    assert.deepEqual(await reduce({ ...NONE, smoothing: true }), { by: 'tool', why: undefined });
    assert.deepEqual(now(), { paper: 'hills', fonts: 'plain' });
    await reduce(ALL);
    assert.deepEqual(now(), { paper: 'none', fonts: 'plain', moves: 'no' });
    await reduce({ ...NONE, animation: true });
    assert.deepEqual(now(), { ...AS_IT_WAS, moves: 'no' });
    await reduce(NONE);
    assert.deepEqual(now(), AS_IT_WAS);
    await service.stop();
    assert.deepEqual(readdirSync(state.path), ['effects-test.lock']);
  });

  it('come back when the session is not served, the link goes, or the agent ends', async () => {
    const ends: Record<string, (one: Awaited<ReturnType<typeof open>>) => unknown> = {
      'not served': ({ link }) => link.say(sessionRights, { served: false, clipboard: false, files: false }),
      link: ({ link }) => link.goDown(),
      agent: ({ service }) => service.stop(),
    };
    for (const [name, end] of Object.entries(ends)) {
      using state = temporaryFolder();
      const one = await open(state.path);
      await one.reduce(ALL);
      end(one);
      await until(() => JSON.stringify(one.now()) === JSON.stringify(AS_IT_WAS), name);
      await one.service.stop();
    }
  });

  it('stay while the session is only locked', async () => {
    using state = temporaryFolder();
    const { reduce, now, link, service } = await open(state.path);
    await reduce(ALL);
    link.say(sessionRights, { served: true, clipboard: false, files: false });
    await reduce(ALL);
    assert.equal(now().paper, 'none');
    await service.stop();
  });

  it('are written down before they are changed, and restored by the next agent after a crash', async () => {
    using state = temporaryFolder();
    const crashed = await open(state.path);
    await crashed.reduce(ALL);
    for (const [index, key] of ['paper', 'fonts', 'moves'].entries()) {
      assert.match(crashed.known[index] ?? '', new RegExp(`"place":\\["${key}"\\]`));
    }
    const kept = readFileSync(path.join(state.path, 'effects-test'));
    using after = temporaryFolder();
    writeFileSync(path.join(after.path, 'effects-test'), kept);
    const next = await open(after.path, crashed.values);
    await next.service.stop();
    assert.deepEqual(next.now(), AS_IT_WAS);
  });

  it('that the user has set meanwhile are left as they are', async () => {
    using state = temporaryFolder();
    const { reduce, now, values, service } = await open(state.path);
    await reduce(ALL);
    values.set('paper', 'sea');
    await reduce(NONE);
    assert.deepEqual(now(), { paper: 'sea', fonts: 'rgba' });
    await service.stop();
  });

  it('that cannot be restored stay written down', async () => {
    using state = temporaryFolder();
    const { reduce, service, breakDown } = await open(state.path);
    await reduce(ALL);
    breakDown();
    await service.stop();
    assert.equal(JSON.parse(readFileSync(path.join(state.path, 'effects-test'), 'utf8')).length, 3);
  });

  it('are given up when a program fails or hangs, for a reason that the link carries', async () => {
    const failures = [
      { error: new Error(`Command failed: tool\n\x1b[1m${'x'.repeat(300)}`), tries: 3 },
      { error: new AgentError('timeout', 'tool does not end'), tries: 1 },
    ];
    for (const { error, tries } of failures) {
      using state = temporaryFolder();
      let tried = 0;
      const { reduce, service } = await open(state.path, undefined, () => {
        tried++;
        throw error;
      });
      const { why = '' } = await reduce(ALL);
      assert.match(why, /^(moves: Command failed: tool [ -~]{100,}|paper: tool does not end)$/);
      assert.ok(why.length <= 200);
      assert.equal(tried, tries);
      await service.stop();
    }
  });

  it('survive nonsense in the state, and a state that cannot be written', async () => {
    using state = temporaryFolder();
    for (const text of ['', '{', '{}', '[1,null,{"place":"x"}]', '[{"place":[1],"during":"","effect":""}]']) {
      writeFileSync(path.join(state.path, 'effects-test'), text);
      const { now, service } = await open(state.path);
      await service.stop();
      assert.deepEqual(now(), AS_IT_WAS);
    }
    const { reduce, now } = await open(path.join(state.path, 'effects-test', 'below a file'));
    assert.match((await reduce(ALL)).why ?? '', /another agent/);
    assert.deepEqual(now(), AS_IT_WAS);
  });
});

describe('the settings of a desktop', () => {
  const run: RunTool = async () => ({ status: 0, output: '' });

  it('are found by its name among those of the session', () => {
    const found = (current: string | undefined) => desktopSettings(current, run)?.name;
    assert.deepEqual([undefined, '', 'openbox', 'toString'].map(found), Array(4).fill(undefined));
  });
});
