import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { HostDisplay } from '#protocol/ipc/messages/monitors.ts';
import { locateDisplays } from '#session-agent/monitors/connectors.ts';
import { outputsByDisplay } from '#session-agent/monitors/display-ids.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const outputs = (...names: readonly string[]) =>
  names.map((name) => ({ name: name.replace('?', ''), isConnected: !name.endsWith('?') }));
const names = (all: readonly ({ readonly name: string } | undefined)[]) => all.map((output) => output?.name);
const located = (id: number, connector: string | undefined, output = 0) => ({ id, connector, output });

describe('which output is which display', () => {
  it('goes by their order without a word of the host, the connected ones first', () => {
    assert.deepEqual(names(outputsByDisplay(outputs('VGA-1?', 'HDMI-1', 'DP-1?', 'DP-2'), [])), [
      'HDMI-1',
      'DP-2',
      'VGA-1',
      'DP-1',
    ]);
  });

  it('goes by what the host says, which may leave numbers out', () => {
    const all = outputs('Virtual-1', 'Virtual-2');
    assert.deepEqual(names(outputsByDisplay(all, [located(0, 'Virtual-2'), located(2, 'Virtual-1')])), [
      'Virtual-2',
      undefined,
      'Virtual-1',
    ]);
  });

  it('stays with the order when nothing that the host says is there', () => {
    assert.deepEqual(names(outputsByDisplay(outputs('Virtual-1'), [located(3, 'DP-7')])), ['Virtual-1']);
  });

  it('knows the names that X gives to connectors', () => {
    assert.deepEqual(names(outputsByDisplay(outputs('DP-1', 'HDMI-2'), [located(0, 'HDMI-A-2')])), ['HDMI-2']);
    const qxl = outputs('Virtual-0', 'Virtual-1');
    assert.deepEqual(names(outputsByDisplay(qxl, [located(0, 'Virtual-1'), located(1, 'Virtual-2')])), [
      'Virtual-0',
      'Virtual-1',
    ]);
    const second = outputs('Virtual-1', 'Virtual-1-2');
    assert.deepEqual(names(outputsByDisplay(second, [located(1, 'Virtual-2'), located(0, 'Virtual-1')])), [
      'Virtual-1',
      'Virtual-1-2',
    ]);
  });

  it('counts outputs where the driver has no connectors', () => {
    assert.deepEqual(names(outputsByDisplay(outputs('DVI-D-0', 'DVI-D-1'), [located(0, undefined, 1)])), ['DVI-D-1']);
  });
});

/** Folders as in sysfs: cards are links to their devices, and connectors lie beside them. */
function drm(cards: Readonly<Record<string, { readonly device: string; readonly connectors: readonly string[] }>>) {
  const folder = temporaryFolder();
  const drmFolder = path.join(folder.path, 'class');
  mkdirSync(drmFolder);
  for (const [card, { device, connectors }] of Object.entries(cards)) {
    const real = path.join(folder.path, 'devices', device, 'drm', card);
    mkdirSync(real, { recursive: true });
    symlinkSync(real, path.join(drmFolder, card));
    for (const connector of connectors) {
      const [name = '', id] = connector.split('=');
      mkdirSync(path.join(drmFolder, `${card}-${name}`));
      if (id !== undefined) writeFileSync(path.join(drmFolder, `${card}-${name}`, 'connector_id'), `${id}\n`);
    }
  }
  return { path: drmFolder, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

const hop = (slot: number, fn = 0) => ({ slot, function: fn });
const display = (id: number, output: number, ...hops: readonly ReturnType<typeof hop>[]): HostDisplay => ({
  id,
  domain: 0,
  path: hops,
  output,
});

describe('where the displays of the host are', () => {
  it('is found by slots and functions from the root on, whatever the buses are called', () => {
    using cards = drm({
      card0: { device: 'pci0000:00/0000:00:02.0', connectors: ['Virtual-1'] },
      card3: { device: 'pci0000:00/0000:00:1e.0/0000:05:01.0/virtio2', connectors: ['Virtual-3', 'Virtual-2'] },
    });
    assert.deepEqual(
      locateDisplays([display(0, 0, hop(2)), display(1, 1, hop(0x1e), hop(1)), display(2, 0, hop(1))], cards.path),
      [
        { id: 0, connector: 'Virtual-1', output: 0 },
        { id: 1, connector: 'Virtual-3', output: 1 },
      ],
    );
    assert.deepEqual(locateDisplays([{ ...display(0, 0, hop(2)), domain: 1 }], cards.path), []);
  });

  it('counts connectors in the order of the device, without those that nobody can see', () => {
    using cards = drm({
      card0: {
        device: 'pci0000:00/0000:00:02.0',
        connectors: ['DP-1=97', 'HDMI-A-1=85', 'Writeback-1=80'],
      },
    });
    const found = locateDisplays(
      [0, 1, 2].map((output) => display(output, output, hop(2))),
      cards.path,
    );
    assert.deepEqual(
      found.map(({ connector }) => connector),
      ['HDMI-A-1', 'DP-1'],
    );
  });

  it('is known without connectors, and nowhere without graphics', () => {
    using cards = drm({ card0: { device: 'pci0000:00/0000:00:02.0', connectors: [] } });
    assert.deepEqual(locateDisplays([display(0, 1, hop(2))], cards.path), [{ id: 0, connector: undefined, output: 1 }]);
    assert.deepEqual(locateDisplays([display(0, 1, hop(2))], '/nonexistent'), []);
  });
});
