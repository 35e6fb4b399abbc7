import { createHash } from 'node:crypto';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import type { Image } from '../image/build.ts';
import { cached } from '../image/cache.ts';
import { run } from '../support/process.ts';
import { until } from '../support/wait.ts';
import { qemuArguments } from './command-line.ts';
import { Machine } from './machine.ts';

/** A booted guest on disk, from which machines continue in less than a second. */
export interface SavedState {
  /** qcow2 overlay of the image as it was when the memory was saved. */
  readonly disk: string;
  readonly memory: string;
}

const BOOT_TIMEOUT_MS = 180_000;
const SAVE_TIMEOUT_MS = 60_000;

/** From the cache; otherwise the image is booted once, which takes about 10 s. */
export async function ensureSavedState(image: Image): Promise<SavedState> {
  const key = createHash('sha256').update(image.key);
  key.update(qemuArguments({ image, disk: '', payload: '', folder: '' }).join('\0'));
  key.update(await run('qemu-system-x86_64', ['--version']));
  const folder = await cached(`state-${image.name}`, key.digest('hex').slice(0, 12), (unfinished) =>
    bootAndSave(image, stateIn(unfinished)),
  );
  return stateIn(folder);
}

function stateIn(folder: string): SavedState {
  return { disk: path.join(folder, 'disk.qcow2'), memory: path.join(folder, 'memory') };
}

async function bootAndSave(image: Image, state: SavedState): Promise<void> {
  process.stderr.write(`guest ${image.name}: first boot\n`);
  await using machine = await Machine.start({ image, disk: image.disk });
  await until(BOOT_TIMEOUT_MS, 'the end of the boot', async () => {
    const { stdout } = await machine.shell.try('systemctl is-system-running');
    return /^(running|degraded)/.test(stdout) ? true : undefined;
  });
  if (image.desktop) {
    await until(BOOT_TIMEOUT_MS, 'the desktop of alice', async () => {
      const { status } = await machine.shell.try('pgrep -u alice -f lab-session-agent');
      return status === 0 ? true : undefined;
    });
  }
  await machine.shell.run('sync');
  await machine.qmp.saveMemory(state.memory, SAVE_TIMEOUT_MS);
  await machine.quit();
  await copyFile(machine.files.disk, state.disk);
}
