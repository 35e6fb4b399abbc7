import type { ClipboardType } from '#protocol/ipc/messages/clipboard.ts';

export const DIRECTIONS = ['both', 'to-guest', 'to-host', 'off'] as const;
export const KINDS = ['text', 'images'] as const;
export type Direction = (typeof DIRECTIONS)[number];
export type Kind = (typeof KINDS)[number];

/** What may cross, as the administrator has it; the policy may forbid more, and the session's rights. */
export interface ClipboardRules {
  readonly direction: Direction;
  readonly kinds: readonly Kind[];
  /** Longest content of each kind, in bytes. */
  readonly maxBytes: Readonly<Record<Kind, number>>;
}

/** Most that may be allowed: what a slow host leaves waiting here, and what a session takes, has to be more. */
export const MOST_MEBIBYTES = 100;
const MEBIBYTE = 1024 * 1024;

export const EVERYTHING: ClipboardRules = {
  direction: 'both',
  kinds: KINDS,
  maxBytes: maxBytesOf(MOST_MEBIBYTES, MOST_MEBIBYTES),
};

/** @param any for every kind @param text for text, when that is less */
export function maxBytesOf(any: number, text: number): ClipboardRules['maxBytes'] {
  return { text: Math.min(any, text) * MEBIBYTE, images: any * MEBIBYTE };
}

export function kindOf(type: ClipboardType): Kind {
  return type === 'text' ? 'text' : 'images';
}

/** May what this side has be offered to the other? */
export function allowsFrom(side: 'client' | 'guest', { direction, kinds }: ClipboardRules): boolean {
  const closed = side === 'client' ? 'to-host' : 'to-guest';
  return direction !== 'off' && direction !== closed && kinds.length > 0;
}
