import type { Buffer } from 'node:buffer';

/** A key for one display: protocol name and data, byte for byte as latin1. */
export interface Cookie {
  readonly name: string;
  readonly data: string;
}

/** Address families of Xauth(3): this machine, and any. */
const LOCAL = 256;
const WILD = 65535;

/**
 * Finds the key of a local display in the bytes of an authority file (Xauth(3): big-endian lengths, no header). What
 * follows a broken entry is not read.
 */
export function findCookie(file: Buffer, display: string, hostname: string): Cookie | undefined {
  let at = 0;
  const text = (): string => {
    const length = file.readUInt16BE(at);
    const end = at + 2 + length;
    if (end > file.length) throw new RangeError('entry is cut');
    const value = file.toString('latin1', at + 2, end);
    at = end;
    return value;
  };
  try {
    while (at < file.length) {
      const family = file.readUInt16BE(at);
      at += 2;
      const [address, number, name, data] = [text(), text(), text(), text()];
      const here = family === WILD || (family === LOCAL && address === hostname);
      if (here && (number === '' || number === display)) return { name, data };
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}
