import { ensureImage } from '../image/build.ts';
import type { ImageName } from '../image/recipe.ts';
import { Machine, PRODUCT } from './machine.ts';
import { ensureSavedState } from './saved-state.ts';

export interface GuestOptions {
  readonly image?: ImageName;
  /** Folder to be seen at /opt/uga in the guest, at most 64 MiB; by default the built product. */
  readonly payload?: string;
}

/**
 * A running guest with its payload at /opt/uga, no agent started. It continues from the moment after its first
 * boot, so its clock says that time.
 */
export async function resumeGuest(options: GuestOptions = {}): Promise<Machine> {
  const { image: name = 'bookworm', payload = PRODUCT } = options;
  const image = await ensureImage(name);
  return Machine.start({ image, ...(await ensureSavedState(image)), payload });
}

/** The same guest booted anew, with more devices. Takes ten seconds and more. */
export async function bootGuest(more: (folder: string) => Promise<readonly string[]>): Promise<Machine> {
  const image = await ensureImage('bookworm');
  return Machine.start({ image, disk: image.disk, payload: PRODUCT, more });
}
