import { constants } from 'node:fs';

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND } = constants;

/** fopen(3)'s modes without the `b`, which means nothing here. */
const FLAGS = {
  r: O_RDONLY,
  w: O_WRONLY | O_CREAT | O_TRUNC,
  a: O_WRONLY | O_CREAT | O_APPEND,
  'r+': O_RDWR,
  'w+': O_RDWR | O_CREAT | O_TRUNC,
  'a+': O_RDWR | O_CREAT | O_APPEND,
} as const;

/** How a file is opened. */
export interface FileMode {
  /** As the host wrote it; errors repeat it. */
  readonly name: string;
  /** open(2)'s access mode, and O_CREAT, O_TRUNC, O_APPEND. */
  readonly flags: number;
  readonly canRead: boolean;
  readonly canWrite: boolean;
}

const SPELLINGS = /^(?:([rwa])b?|([rwa])(?:b\+|\+b?))$/;

/** @returns undefined for what is no mode. The spellings are those of QEMU's qga/commands-posix.c. */
export function parseFileMode(name: string): FileMode | undefined {
  const [, plain, update] = SPELLINGS.exec(name) ?? [];
  const base = plain ?? (update === undefined ? undefined : `${update}+`);
  if (base === undefined) return undefined;
  const flags = FLAGS[base as keyof typeof FLAGS];
  return { name, flags, canRead: (flags & O_WRONLY) === 0, canWrite: (flags & (O_WRONLY | O_RDWR)) !== 0 };
}
