import { ensureImage } from '../image/build.ts';
import type { ImageName } from '../image/recipe.ts';
import { Machine, PRODUCT } from './machine.ts';
import { ensureSavedState } from './saved-state.ts';

export interface GuestOptions {
  readonly image?: ImageName;
}

/**
 * A running guest with the built product at /opt/uga, no agent started. It continues from the moment after its first
 * boot, so its clock says that time.
 */
export async function resumeGuest({ image: name = 'bookworm' }: GuestOptions = {}): Promise<Machine> {
  const image = await ensureImage(name);
  return Machine.start({ image, ...(await ensureSavedState(image)), payload: PRODUCT });
}
