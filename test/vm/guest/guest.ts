import { ensureImage } from '../image/build.ts';
import type { ImageName } from '../image/recipe.ts';
import { product, stopAgent } from './agents.ts';
import type { ClipboardHost } from './command-line.ts';
import { ensureInstalledState } from './installed.ts';
import { Machine, type Start } from './machine.ts';
import { booted, desktopIsUp, ensureSavedState } from './saved-state.ts';

export interface GuestOptions {
  readonly image?: ImageName;
  /** False for a guest that our package has never been in. */
  readonly installed?: boolean;
  /** Folder to be seen at /opt/uga in the guest, at most 64 MiB. */
  readonly payload?: string;
  /** Of a desktop; default: the SPICE server. */
  readonly clipboardHost?: ClipboardHost;
}

/**
 * A running guest with our package installed and no agent started. It continues from the moment after its boot, so its
 * clock says that time.
 */
export async function resumeGuest(options: GuestOptions = {}): Promise<Machine> {
  const { image: name = 'bookworm', installed = true, payload, clipboardHost } = options;
  const image = await ensureImage(name);
  const state = installed ? await ensureInstalledState(image) : await ensureSavedState(image);
  return Machine.start({
    image,
    ...state,
    ...(payload !== undefined && { payload }),
    ...(clipboardHost !== undefined && { clipboardHost }),
  });
}

/** The same guest booted anew, with more devices. Takes ten seconds and more. */
export async function bootGuest(more: (folder: string) => Promise<readonly string[]>): Promise<Machine> {
  return boot('bookworm', { more });
}

/** A guest with a desktop booted anew with another display device, alice logged in. Takes half a minute and more. */
export async function bootDesktop(display: string, image: ImageName = 'desktop'): Promise<Machine> {
  return boot(image, { display });
}

async function boot(name: ImageName, other: Pick<Start, 'more' | 'display'>): Promise<Machine> {
  const image = await ensureImage(name);
  const { disk } = await ensureInstalledState(image);
  const machine = await Machine.start({ image, disk, ...other });
  try {
    await booted(machine.shell);
    if (image.desktop) await desktopIsUp(machine.shell);
    await stopAgent(machine.shell, product);
    return machine;
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}
