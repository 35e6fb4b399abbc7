import { join, text, u8, u32 } from './little-endian.ts';

export type Dumb = null | boolean | number | string | Uint8Array | readonly Dumb[] | { readonly [name: string]: Dumb };

/**
 * Writes msgpack in its longest forms and checks nothing: an independent writer of link frames, for what the product's
 * own never says. Numbers are whole and fit 32 bits, or are written as doubles.
 */
export function dumbMsgpack(value: Dumb): Uint8Array {
  if (value === null) return u8(0xc0);
  if (typeof value === 'boolean') return u8(value ? 0xc3 : 0xc2);
  if (typeof value === 'number') return number(value);
  if (typeof value === 'string') return join(u8(0xdb), big(text(value).length), text(value));
  if (value instanceof Uint8Array) return join(u8(0xc6), big(value.length), value);
  if (isList(value)) return join(u8(0xdd), big(value.length), ...value.map(dumbMsgpack));
  const members = Object.entries(value);
  return join(u8(0xdf), big(members.length), ...members.flatMap((member) => member.map(dumbMsgpack)));
}

/** One frame of the link around any value. */
export function dumbFrame(value: Dumb): Uint8Array {
  const content = dumbMsgpack(value);
  return join(u32(content.length), content);
}

function number(value: number): Uint8Array {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) return join(u8(0xce), big(value));
  const bytes = new Uint8Array(9);
  bytes[0] = 0xcb;
  new DataView(bytes.buffer).setFloat64(1, value);
  return bytes;
}

/** msgpack counts big-endian. */
function big(value: number): Uint8Array {
  return u32(value).reverse();
}

function isList(value: readonly Dumb[] | { readonly [name: string]: Dumb }): value is readonly Dumb[] {
  return Array.isArray(value);
}
