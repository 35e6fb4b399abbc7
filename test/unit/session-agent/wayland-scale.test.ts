import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { sizeInKernel, watchKernelSizes } from '#session-agent/desktop/wayland/monitors/kernel-sizes.ts';
import { scaleOf } from '#session-agent/desktop/wayland/monitors/scale.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const size = (width: number, height: number) => ({ width, height });

describe('the scale of a display', () => {
  it('is the 120th that was meant, told in 256ths or only by what it leads to', () => {
    for (const parts of [90, 120, 125, 130, 150, 160, 175, 180, 210, 240, 300, 360]) {
      const scale = parts / 120;
      const told = Math.round(scale * 256) / 256;
      for (const pixels of [size(1024, 768), size(1234, 700), size(1920, 1080), size(3840, 2160)]) {
        for (const round of [Math.round, Math.floor, Math.ceil]) {
          const area = size(round(pixels.width / scale), round(pixels.height / scale));
          assert.equal(scaleOf(pixels, 0, area, told), scale, `${parts} ${pixels.width} told`);
        }
      }
    }
    assert.equal(scaleOf(size(1234, 700), 0, size(822, 466)), 1.5);
    assert.equal(scaleOf(size(1920, 1080), 0, size(1920, 1080)), 1);
  });

  it('of a turned display is that of its sides as they are shown', () => {
    assert.equal(scaleOf(size(1920, 1080), 1, size(720, 1280)), 1.5);
    assert.equal(scaleOf(size(1920, 1080), 2, size(1280, 720)), 1.5);
  });

  it('is what it is told where it is nothing of the kind', () => {
    assert.equal(scaleOf(size(1000, 1000), 0, size(700, 700), 1.4296875), 1.4296875);
  });
});

describe('the size that a host has given', () => {
  const prepare = (folder: string, connector: string, modes: string) => {
    mkdirSync(path.join(folder, `card0-${connector}`), { recursive: true });
    writeFileSync(path.join(folder, `card0-${connector}`, 'modes'), modes);
  };

  it('is the first mode of a virtual connector, and of no other', () => {
    using folder = temporaryFolder();
    prepare(folder.path, 'Virtual-1', '1234x701\n1024x768\n');
    prepare(folder.path, 'Virtual-2', '');
    prepare(folder.path, 'HDMI-A-1', '1920x1080\n');
    mkdirSync(path.join(folder.path, 'card0'));
    assert.deepEqual(sizeInKernel('Virtual-1', folder.path), size(1234, 701));
    for (const name of ['Virtual-2', 'Virtual-3', 'HDMI-A-1', '../x', '']) {
      assert.equal(sizeInKernel(name, folder.path), undefined, name);
    }
    assert.equal(sizeInKernel('Virtual-1', path.join(folder.path, 'none')), undefined);
  });

  it('is noticed when it changes, also away', async () => {
    using folder = temporaryFolder();
    prepare(folder.path, 'Virtual-1', '1024x768\n');
    let changes = 0;
    let happens = () => {};
    let isOver = false;
    {
      using _ = watchKernelSizes(
        () => ['Virtual-1'],
        () => changes++,
        folder.path,
        (told) => {
          happens = told;
          return {
            [Symbol.dispose]() {
              isOver = true;
            },
          };
        },
      );
      happens(); // the file follows
      prepare(folder.path, 'Virtual-1', '1234x701\n');
      await until(() => changes === 1, 'a new size is told');
      rmSync(path.join(folder.path, 'card0-Virtual-1'), { recursive: true });
      happens();
      await until(() => changes === 2, 'its end is told');
    }
    assert.ok(isOver);
  });
});
