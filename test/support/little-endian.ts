/** Builds expected bytes without the product's writers, so that both cannot be wrong together. */
export function u8(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

export function u16(...values: number[]): Uint8Array {
  return u8(...values.flatMap((value) => [value % 256, Math.floor(value / 256) % 256]));
}

/** Negative values as two's complement. */
export function u32(...values: number[]): Uint8Array {
  return u8(...values.flatMap((value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255)));
}

export function u64(...values: number[]): Uint8Array {
  return join(...values.flatMap((value) => [u32(value % 2 ** 32), u32(Math.floor(value / 2 ** 32))]));
}

export function text(characters: string): Uint8Array {
  return new TextEncoder().encode(characters);
}

export function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
