import type { FreezeLab } from '../lab.ts';

/** How one round ended. */
export interface Round {
  /** From then on, by the guest's clock, it has to write again. */
  readonly due: number;
  /** What hosts were told about the freeze, in short. */
  readonly told: string;
}

/** Something that happens to a freeze. It leaves the lab as it was, so that it can happen again. */
export interface Case {
  readonly name: string;
  /** Rounds of a long run are multiplied by this. */
  readonly times?: number;
  /** Rounds of a run that is not long, if not the usual number; 0: only long ones have it. */
  readonly quick?: number;
  /** Freezes, if that is part of it, and comes back when the guest may write again. */
  round(lab: FreezeLab): Promise<Round>;
}

/** The answer to a thaw in a few words. */
export async function tells(lab: FreezeLab): Promise<string> {
  const { error, return: count } = await lab.thaw();
  return error === undefined ? `thaw: ${count}` : `thaw: error: ${error.desc}`;
}

/** The same, for a freeze that no host has ended: the second thaw has nothing more to tell. */
export async function tellsOnce(lab: FreezeLab): Promise<string> {
  const first = await tells(lab);
  const second = await tells(lab);
  return second === 'thaw: 0' ? `${first}; once` : `${first}; then ${second}`;
}
