import { isFileName } from '#protocol/ipc/messages/files.ts';
import { parseKeyFile } from '#shared/config/key-file.ts';
import { AgentError } from '#shared/errors.ts';

/** What a client says of a file before it sends it. */
export interface Described {
  readonly name: string;
  /** Bytes; what is more than a file can have is MAX_SAFE_INTEGER. */
  readonly size: number;
  /** It has said that others follow this one. */
  readonly more: boolean;
}

const GROUP = 'vdagent-file-xfer';
/** A name with every letter escaped has 2 KiB. */
const MAX_BYTES = 16 * 1024;
const MAX_U64 = 2n ** 64n - 1n;

/**
 * Reads the key file of a FILE_XFER_START. Source: spice-gtk, channel-main.c, file_xfer_read_async and its callers.
 * @returns why it cannot be taken: its name is none, or anything else
 */
export function describe(description: Uint8Array): Described | 'bad-name' | 'malformed' {
  const values = valuesOf(description);
  const name = values?.get('name');
  const size = unsigned(values?.get('size'));
  if (name === undefined || size === undefined) return 'malformed';
  if (!isFileName(name)) return 'bad-name';
  const number = unsigned(values?.get('file-xfer-nr')) ?? 1n;
  const total = unsigned(values?.get('file-xfer-total')) ?? 1n;
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return { name, size: Number(size < most ? size : most), more: number < total };
}

function valuesOf(description: Uint8Array): ReadonlyMap<string, string> | undefined {
  if (description.length > MAX_BYTES) return undefined;
  try {
    const entries = parseKeyFile(new TextDecoder('utf-8', { fatal: true }).decode(description), 'description');
    return new Map(entries.filter(({ group }) => group === GROUP).map(({ key, value }) => [key, value]));
  } catch (error) {
    if (error instanceof AgentError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function unsigned(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value <= MAX_U64 ? value : undefined;
}
