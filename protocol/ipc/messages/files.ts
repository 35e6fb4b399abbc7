import { Buffer } from 'node:buffer';
import { AgentError } from '#shared/errors.ts';
import { bytes, flag, integer, maybe, type Read, record, type Shape, text } from '#shared/schema/record.ts';
import { nothing, request } from '../definition.ts';
import { STREAM_CHUNK_BYTES } from '../flow.ts';

/**
 * Files that come from the client and that the session's agent writes with its user's rights (S1). Ids are the system
 * agent's and never given twice on one connection. For each file: `begin`, `write` in order, then `end` or `drop`; an
 * answer with a fault is the end too. Answers are the flow control: a sender has only so many requests without one.
 */
export const MAX_TRANSFERS = 128;
export const MAX_WRITE_BYTES = STREAM_CHUNK_BYTES;

const MAX_NAME_BYTES = 255;

/** Is it the name of one file? It may still deceive who reads it: session-agent/files/names.ts. */
export function isFileName(name: string): boolean {
  if (name === '' || name === '.' || name === '..') return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[/\u0000-\u001f\u007f-\u009f]/.test(name)) return false;
  // Half of a surrogate pair has no UTF-8.
  return Buffer.byteLength(name) <= MAX_NAME_BYTES && Buffer.from(name).toString() === name;
}

const fileName: Shape<string> = {
  read(value, name) {
    if (typeof value === 'string' && isFileName(value)) return value;
    throw new AgentError('malformed', `${name} is no name of a file`);
  },
};

const transfer = integer(0, Number.MAX_SAFE_INTEGER);
const size = integer(0, Number.MAX_SAFE_INTEGER);

/** Why a file cannot be taken, in the ways that a client is told apart. */
export const FILE_FAULTS = ['name', 'space', 'permission', 'too-many', 'failed'] as const;
export type FileFault = (typeof FILE_FAULTS)[number];

/** Nothing in it: it was done. */
const outcome = record({
  /** One of FILE_FAULTS, or a newer release's word. */
  fault: maybe(text(32)),
  /** Bytes that are free there, with the fault `space`. */
  free: maybe(size),
  /** For logs. */
  why: maybe(text(200)),
});
export type FileOutcome = Read<typeof outcome>;

export const fileBegin = request({
  name: 'files.begin',
  direction: 'to-session',
  body: record({
    transfer,
    name: fileName,
    /** Bytes the file will have. */
    size,
    /** Where to: `download`, `desktop`, an absolute path, or one that begins with `~/`. */
    folder: text(1024),
  }),
  result: outcome,
});

export const fileWrite = request({
  name: 'files.write',
  direction: 'to-session',
  body: record({ transfer, data: bytes(MAX_WRITE_BYTES) }),
  result: outcome,
});

/** All was written: the file gets its name. */
export const fileEnd = request({
  name: 'files.end',
  direction: 'to-session',
  body: record({
    transfer,
    /** The client has said that others follow. */
    more: flag,
    /** What becomes of it when it is the last: `notify`, `open` the folder, or nothing. */
    whenDone: text(32),
  }),
  result: outcome,
});

/** It will not be finished: nothing of it stays. */
export const fileDrop = request({
  name: 'files.drop',
  direction: 'to-session',
  body: record({ transfer }),
  result: nothing,
});
