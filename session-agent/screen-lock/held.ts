/** How long a desktop may take until it says that its screen is locked. */
const LOCKED_WITHIN_MS = 3_000;
const LOOK_AGAIN_MS = 100;

/** A screen that is locked, and says so. */
export interface Held {
  /** Interface or program that did it. */
  readonly by: string;
  /** Resolves when the screen is unlocked again; never rejects. To be called once. */
  released(): Promise<void>;
  /** What did it tells logind by itself: nobody needs to. */
  readonly isHinted?: true;
  /** What did it is known to tell logind nothing. */
  readonly isSilent?: true;
}

/** Lets so many milliseconds pass. */
export type Wait = (ms: number) => Promise<unknown>;

/** Looks again and again. @returns whether it became true in time */
export async function becomes(look: () => Promise<boolean>, wait: Wait, withinMs = LOCKED_WITHIN_MS): Promise<boolean> {
  for (let left = withinMs; left > 0; left -= LOOK_AGAIN_MS) {
    if (await look()) return true;
    await wait(LOOK_AGAIN_MS);
  }
  return false;
}
