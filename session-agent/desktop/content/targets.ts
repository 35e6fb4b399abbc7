import { Buffer, isUtf8 } from 'node:buffer';
import { CLIPBOARD_TYPES, type ClipboardType } from '#protocol/ipc/messages/clipboard.ts';
import { decodeCompoundText, encodeCompoundText } from './compound-text.ts';

/**
 * Names under which applications offer and ask for each type, best first. STRING is Latin-1 and nothing else, so
 * COMPOUND_TEXT is before it. Source: ICCCM 2.6.2, and what toolkits offer.
 */
export const CONTENT_TARGETS = {
  text: ['UTF8_STRING', 'text/plain;charset=utf-8', 'COMPOUND_TEXT', 'STRING', 'TEXT', 'text/plain'],
  png: ['image/png'],
  bmp: ['image/bmp', 'image/x-bmp', 'image/x-MS-bmp', 'image/x-win-bitmap'],
  tiff: ['image/tiff'],
  jpg: ['image/jpeg'],
} as const satisfies Readonly<Record<ClipboardType, readonly string[]>>;

export type TargetName = (typeof CONTENT_TARGETS)[ClipboardType][number];

export const TARGET_NAMES: readonly TargetName[] = CLIPBOARD_TYPES.flatMap((type) => CONTENT_TARGETS[type]);

/** What this desktop's clipboard carries. */
export const TYPES: readonly ClipboardType[] = CLIPBOARD_TYPES;

/** Names that an application offers, as they are compared: media types without regard to case. */
function comparable(name: string): string {
  return name.includes('/') ? name.toLowerCase() : name;
}

/** The best target of each type among those that an application names, types in our order. */
export function chooseTargets<T>(
  offered: readonly { readonly name: string; readonly atom: T }[],
): ReadonlyMap<ClipboardType, T> {
  const atoms = new Map(offered.toReversed().map(({ name, atom }) => [comparable(name), atom]));
  const chosen = new Map<ClipboardType, T>();
  for (const type of CLIPBOARD_TYPES) {
    const name = CONTENT_TARGETS[type].find((one) => atoms.has(comparable(one)));
    const atom = name === undefined ? undefined : atoms.get(comparable(name));
    if (atom !== undefined) chosen.set(type, atom);
  }
  return chosen;
}

/**
 * Content as an application gave it, in the form in which hosts take it: text as UTF-8 without the NUL that some put at
 * the end, images byte for byte.
 * @param property the name of the property's type, which says the encoding of text (ICCCM 2.6.2)
 */
export function decodeContent(type: ClipboardType, property: string, bytes: Buffer): Buffer {
  if (type !== 'text') return bytes;
  if (property === 'COMPOUND_TEXT') return Buffer.from(decodeCompoundText(withoutNul(bytes)));
  const text = withoutNul(bytes);
  const isLatin1 = property === 'STRING' || (property !== 'UTF8_STRING' && !isUtf8(text));
  return isLatin1 ? Buffer.from(text.toString('latin1')) : text;
}

/** Whether a host's content is given under this name byte for byte. */
export function isAsItIs(target: TargetName): boolean {
  return target !== 'TEXT' && target !== 'STRING' && target !== 'COMPOUND_TEXT';
}

/** A host's content as the target wants it, and the name of the property's type. Text comes as UTF-8. */
export function encodeContent(
  target: TargetName,
  content: Uint8Array,
): { readonly type: TargetName; readonly bytes: Buffer } {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  switch (target) {
    case 'TEXT':
      return { type: 'UTF8_STRING', bytes };
    case 'STRING':
      return { type: target, bytes: Buffer.from(bytes.toString().replace(/[\u0100-\u{10ffff}]/gu, '?'), 'latin1') };
    case 'COMPOUND_TEXT':
      return { type: target, bytes: encodeCompoundText(bytes.toString()) };
    default:
      return { type: target, bytes };
  }
}

function withoutNul(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
