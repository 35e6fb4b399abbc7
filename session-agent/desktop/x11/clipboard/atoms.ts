import { TARGET_NAMES } from '../../content/targets.ts';

/** Atoms that a clipboard needs beyond the predefined ones. */
export const ATOM_NAMES = [
  'CLIPBOARD',
  'TARGETS',
  'TIMESTAMP',
  'MULTIPLE',
  'ATOM_PAIR',
  'INCR',
  'UGA_SELECTION',
  'UGA_TIME',
  ...TARGET_NAMES,
] as const;

export type Atoms = Readonly<Record<(typeof ATOM_NAMES)[number], number>>;
