import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { effectsReduce } from '#protocol/ipc/messages/effects.ts';
import { sessionRights } from '#protocol/ipc/messages/hello.ts';
import { type DesktopSettings, desktopSettings } from '#session-agent/effects/desktops.ts';
import { plasma } from '#session-agent/effects/plasma.ts';
import { EffectsService } from '#session-agent/effects/service.ts';
import { kconfig, type RunTool } from '#session-agent/effects/tools.ts';
import { AgentError } from '#shared/errors.ts';
import { silent } from '#shared/log/log.ts';
import { FakeBus } from '#test/fakes/bus.ts';
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
    const found = (current: string | undefined) => desktopSettings(current, run, new FakeBus())?.name;
    assert.deepEqual([undefined, '', 'openbox', 'toString'].map(found), Array(4).fill(undefined));
  });
});

describe("KDE Plasma's settings", () => {
  /** A shell with two desktops, which understands the scripts that it is given and no others. */
  function shell(plugins: Record<string, string>): FakeBus {
    const bus = new FakeBus();
    bus.answer = ({ destination, member, body }) => {
      assert.deepEqual([destination, member], ['org.kde.plasmashell', 'evaluateScript']);
      const script = String(body?.[0]);
      if (script.startsWith('print(desktops()')) return [Object.keys(plugins).join(' ')];
      const [, id = '', rest = ''] = /^var d = desktopById\((\d+)\); if \(d\) (.*);$/.exec(script) ?? [];
      const known = Object.hasOwn(plugins, id);
      if (rest === 'print(d.wallpaperPlugin)') return [known ? (plugins[id] ?? '') : ''];
      const [, plugin] = /^d\.wallpaperPlugin = (".*")$/.exec(rest) ?? [];
      assert.ok(plugin);
      if (known) plugins[id] = JSON.parse(plugin) as string;
      return [''];
    };
    return bus;
  }
  const files = { name: 'kwriteconfig', read: async () => 'file', write: async () => {} };

  it('are the wallpaper of each desktop of its shell, beside its files', async () => {
    const plugins = { '1': 'org.kde.image', '27': 'org.kde.slideshow' };
    const tool = plasma(files, shell(plugins));
    assert.ok(tool);
    const places = (await tool.find?.([], /./)) ?? [];
    assert.deepEqual(places, [
      ['plasmashell', '1'],
      ['plasmashell', '27'],
    ]);
    assert.equal(await tool.read(['plasmashell', '27']), 'org.kde.slideshow');
    for (const place of places) await tool.write(place, 'org.kde.color');
    assert.deepEqual(plugins, { '1': 'org.kde.color', '27': 'org.kde.color' });
    assert.equal(await tool.read(['kdeglobals', 'KDE', 'x']), 'file');
  });

  it('are of no desktop that has gone, and no script that a file made up', async () => {
    const plugins = { '1': 'org.kde.image' };
    const tool = plasma(files, shell(plugins));
    assert.equal(await tool?.read(['plasmashell', '2']), undefined);
    await tool?.write(['plasmashell', '2'], 'org.kde.image');
    await assert.rejects(async () => tool?.write(['plasmashell', '1); quit('], 'x'), { code: 'malformed' });
    await tool?.write(['plasmashell', '1'], '"; quit(); "');
    assert.deepEqual(plugins, { '1': '"; quit(); "' });
  });

  it('have no wallpaper without a shell', async () => {
    const tool = plasma(files, new FakeBus());
    assert.deepEqual(await tool?.find?.([], /./), []);
    assert.equal(plasma(undefined, new FakeBus()), undefined);
  });

  it("are told to Plasma 6's programs, and written for Plasma 5's", async () => {
    for (const release of ['6', '5']) {
      const ran: (readonly string[])[] = [];
      const run: RunTool = async (argv) => {
        ran.push(argv);
        return { status: 0, output: '' };
      };
      const tool = kconfig(run, (name) => (name.endsWith(release) ? `/usr/bin/${name}` : undefined));
      await tool?.write(['kdeglobals', 'KDE', 'AnimationDurationFactor'], '0');
      await tool?.write(['kdeglobals', 'KDE', 'AnimationDurationFactor'], undefined);
      const place = ['--file', 'kdeglobals', '--group', 'KDE', '--key', 'AnimationDurationFactor'];
      const telling = release === '6' ? ['--notify'] : [];
      assert.deepEqual(ran, [
        [`/usr/bin/kwriteconfig${release}`, ...telling, ...place, '0'],
        [`/usr/bin/kwriteconfig${release}`, ...telling, ...place, '--delete', ''],
      ]);
    }
  });
});
