import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Image } from '../image/build.ts';
import { cached } from '../image/cache.ts';
import { run } from '../support/process.ts';
import { until } from '../support/wait.ts';
import { qemuArguments } from './command-line.ts';
import { Machine, makeStandalone } from './machine.ts';
import type { RootShell } from './root-shell.ts';

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
  const key = createHash('sha256')
    .update(image.key)
    .update(await machineKey(image));
  const folder = await cached(`state-${image.name}`, key.digest('hex').slice(0, 12), (unfinished) =>
    bootAndSave(image, image.disk, stateIn(unfinished)),
  );
  return stateIn(folder);
}

/** Changes when a saved state could not be read by the machines of today. */
export async function machineKey(image: Image): Promise<string> {
  const args = qemuArguments({ image, disk: '', payload: '', folder: '' });
  return `${args.join('\0')}${await run('qemu-system-x86_64', ['--version'])}`;
}

export function stateIn(folder: string): SavedState {
  return { disk: path.join(folder, 'disk.qcow2'), memory: path.join(folder, 'memory') };
}

/** Waits until everything that starts with the system has started. */
export async function booted(shell: RootShell): Promise<void> {
  await until(BOOT_TIMEOUT_MS, 'the end of the boot', async () => {
    const { stdout } = await shell.try('systemctl is-system-running');
    return /^(running|degraded)/.test(stdout) ? true : undefined;
  });
}

/** Waits until alice is logged in. */
export async function desktopIsUp(shell: RootShell): Promise<void> {
  await until(BOOT_TIMEOUT_MS, 'the desktop of alice', async () => {
    const { status } = await shell.try('pgrep -u alice -f lab-session-agent');
    return status === 0 ? true : undefined;
  });
}

/**
 * @param disk the image's, or an overlay of it
 * @param prepare the booted machine, before it is saved
 */
export async function bootAndSave(
  image: Image,
  disk: string,
  state: SavedState,
  prepare: (machine: Machine) => Promise<void> = async () => {},
): Promise<void> {
  process.stderr.write(`guest ${image.name}: boot\n`);
  await using machine = await Machine.start({ image, disk });
  await booted(machine.shell);
  if (image.desktop) await desktopIsUp(machine.shell);
  await prepare(machine);
  await machine.shell.run('sync');
  await machine.qmp.saveMemory(state.memory, SAVE_TIMEOUT_MS);
  await machine.quit();
  await makeStandalone(machine.files.disk, image.disk, state.disk);
}
