const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;

/** Bytes of a string that need no second look: ASCII, not a control, not an escape, not either quote. */
const ORDINARY = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= SPACE && byte < 0x80 && ![DOUBLE_QUOTE, SINGLE_QUOTE, BACKSLASH].includes(byte)),
);

/** Bytes that are looked at one by one before words are: most strings end within. */
const SHORT = 64;

/** Where the run of ordinary bytes that begins at `from` ends. */
export function endOfOrdinary(bytes: Buffer, from: number): number {
  const aligned = from + SHORT + (-(bytes.byteOffset + from + SHORT) & 3);
  const at = scan(bytes, from, Math.min(bytes.length, aligned));
  if (at < aligned) return at;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (bytes.length - at) >> 2);
  return scan(bytes, at + 4 * ordinaryWords(words), bytes.length);
}

function scan(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && ORDINARY[bytes[at] as number]) at++;
  return at;
}

/**
 * How many words of four bytes are ordinary from the start on. A byte's highest bit shows in the difference if the byte
 * is below a space, is zero after the exclusive or (so it is that character), or is beyond ASCII itself.
 */
function ordinaryWords(words: Int32Array): number {
  let count = 0;
  for (; count < words.length; count++) {
    const word = words[count] as number;
    const control = word - 0x20202020;
    const double = (word ^ 0x22222222) - 0x01010101;
    const single = (word ^ 0x27272727) - 0x01010101;
    const backslash = (word ^ 0x5c5c5c5c) - 0x01010101;
    if (((word | control | double | single | backslash) & 0x80808080) !== 0) break;
  }
  return count;
}
