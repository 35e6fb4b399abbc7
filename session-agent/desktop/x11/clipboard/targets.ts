import { Buffer, isUtf8 } from 'node:buffer';
import type { ClipboardType } from '#protocol/ipc/messages/clipboard.ts';

/** Names under which applications offer and ask for text, best first. */
export const TEXT_TARGETS = ['UTF8_STRING', 'text/plain;charset=utf-8', 'STRING', 'TEXT', 'text/plain'] as const;
export type TextTarget = (typeof TEXT_TARGETS)[number];

/** What this desktop's clipboard carries. */
export const TYPES: readonly ClipboardType[] = ['text'];

/** The target to ask an application for, of those it names. Media types are compared without regard to case. */
export function chooseText<T>(offered: readonly { readonly name: string; readonly atom: T }[]): T | undefined {
  for (const target of TEXT_TARGETS) {
    const found = offered.find(({ name }) => (target.includes('/') ? name.toLowerCase() : name) === target);
    if (found !== undefined) return found.atom;
  }
  return undefined;
}

/**
 * Text as an application gave it, as UTF-8 without the NUL that some put at the end.
 * @param type the name of the property's type, which says the encoding (ICCCM 2.6.2)
 */
export function decodeText(type: string, bytes: Buffer): Buffer {
  const text = withoutNul(bytes);
  const isLatin1 = type === 'STRING' || (type !== 'UTF8_STRING' && !isUtf8(text));
  return isLatin1 ? Buffer.from(text.toString('latin1')) : text;
}

/** UTF-8 text as the target wants it, and the name of the property's type. */
export function encodeText(
  target: TextTarget,
  text: Uint8Array,
): { readonly type: TextTarget; readonly bytes: Buffer } {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  if (target === 'TEXT') return { type: 'UTF8_STRING', bytes };
  if (target !== 'STRING') return { type: target, bytes };
  return { type: target, bytes: Buffer.from(bytes.toString().replace(/[\u0100-\u{10ffff}]/gu, '?'), 'latin1') };
}

function withoutNul(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
