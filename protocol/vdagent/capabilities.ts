import { Buffer } from 'node:buffer';

/** Names of the capability bits; the index is the bit. Source: spice-protocol, vd_agent.h, VD_AGENT_CAP_*. */
const NAMES = [
  'mouse-state',
  'monitors-config',
  'reply',
  'clipboard', // the push model of before 2010: nobody may announce it now
  'display-config',
  'clipboard-by-demand',
  'clipboard-selection',
  'sparse-monitors-config',
  'guest-lineend-lf',
  'guest-lineend-crlf',
  'max-clipboard',
  'audio-volume-sync',
  'monitors-config-position',
  'file-xfer-disabled',
  'file-xfer-detailed-errors',
  'graphics-device-info',
  'clipboard-no-release-on-regrab',
  'clipboard-grab-serial',
] as const;

export type Capability = (typeof NAMES)[number];
export type Capabilities = ReadonlySet<Capability>;

const WORD_BYTES = 4;
const WORD_BITS = 32;

/** `words`: u32[], bit n of word n / 32. Missing words are zero, bits without a name are ignored. */
export function decodeCapabilities(words: Buffer): Capabilities {
  return new Set(
    NAMES.filter((_, bit) => {
      const at = WORD_BYTES * Math.floor(bit / WORD_BITS);
      return at + WORD_BYTES <= words.length && (words.readUInt32LE(at) >>> (bit % WORD_BITS)) & 1;
    }),
  );
}

export function encodeCapabilities(capabilities: Capabilities): Buffer {
  const words = Buffer.alloc(WORD_BYTES * Math.ceil(NAMES.length / WORD_BITS));
  NAMES.forEach((name, bit) => {
    if (!capabilities.has(name)) return;
    const at = WORD_BYTES * Math.floor(bit / WORD_BITS);
    words.writeUInt32LE((words.readUInt32LE(at) | (1 << (bit % WORD_BITS))) >>> 0, at);
  });
  return words;
}
