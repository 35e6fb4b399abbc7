import { type BodyReader, BodyWriter } from '../body.ts';
import { atLeast, defineMessage } from './spec.ts';

/**
 * The three messages that bring a file from the client. Ids are the client's: any u32, free again after the end.
 * Source: vd_agent.h, VDAgentFileXferStartMessage, -StatusMessage, -DataMessage.
 */
export interface FileTransferStart {
  readonly id: number;
  /** A GLib key file with the group [vdagent-file-xfer], as sent: untrusted, perhaps not UTF-8. Without its NUL. */
  readonly description: Uint8Array;
}

const RESULTS = [
  'can-send-data',
  'cancelled',
  'error',
  'success',
  'not-enough-space',
  'session-locked',
  'agent-not-connected',
  'disabled',
] as const;

export type TransferResult = (typeof RESULTS)[number];

export interface FileTransferStatus {
  readonly id: number;
  /** Everything but `can-send-data` ends the transfer. Received numbers without a name are `error`. */
  readonly result: TransferResult;
  /** With `not-enough-space`: bytes that are free. */
  readonly freeBytes?: bigint;
  /** With `error`: a GIOErrorEnum, such as 10 for a bad file name. */
  readonly gioError?: number;
}

export interface FileTransferData {
  readonly id: number;
  readonly data: Uint8Array;
}

/** A sender may claim any size; one that is not the length of `data` fails the transfer. */
export interface ReceivedFileTransferData extends FileTransferData {
  readonly claimedBytes: bigint;
}

/** u32 id, key file text, NUL (may be missing). */
export const fileTransferStart = defineMessage<'file-transfer-start', FileTransferStart>({
  type: 10,
  name: 'file-transfer-start',
  direction: 'to-guest',
  unless: 'file-xfer-disabled',
  size: atLeast(4),
  decode(body) {
    const id = body.u32();
    const text = body.rest();
    const end = text.indexOf(0);
    return { id, description: end === -1 ? text : text.subarray(0, end) };
  },
  encode: ({ id, description }) => new BodyWriter().u32(id).bytes(description).u8(0).finish(),
});

/** Results up to this one are known to every client. */
const LAST_PLAIN_RESULT = RESULTS.indexOf('success');
const FREE_BYTES_SIZE = 8;
const ERROR_DETAIL_SIZE = 5;
const ERROR_TYPE_GIO = 0;

/**
 * u32 id, u32 result, then details: u64 free bytes, or u8 kind of error and u32 code (at an odd offset). A client without
 * `file-xfer-detailed-errors` knows no details and gets `error` for the results that came with them.
 */
export const fileTransferStatus = defineMessage<'file-transfer-status', FileTransferStatus>({
  type: 11,
  name: 'file-transfer-status',
  direction: 'both',
  size: atLeast(8),
  decode(body) {
    const id = body.u32();
    const result = RESULTS[body.u32()] ?? 'error';
    return { id, result, ...readDetail(body, result) };
  },
  encode({ id, result, freeBytes, gioError }, peer) {
    const body = new BodyWriter().u32(id);
    const number = RESULTS.indexOf(result);
    if (!peer.has('file-xfer-detailed-errors')) {
      return body.u32(number > LAST_PLAIN_RESULT ? RESULTS.indexOf('error') : number).finish();
    }
    body.u32(number);
    if (result === 'not-enough-space' && freeBytes !== undefined) body.u64(freeBytes);
    if (result === 'error' && gioError !== undefined) body.u8(ERROR_TYPE_GIO).u32(gioError);
    return body.finish();
  },
});

/** u32 id, u64 size, bytes. */
/** Id and length in front of a piece of a file. */
export const PIECE_HEAD_BYTES = 12;

export const fileTransferData = defineMessage<'file-transfer-data', ReceivedFileTransferData, FileTransferData>({
  type: 12,
  name: 'file-transfer-data',
  direction: 'to-guest',
  size: atLeast(PIECE_HEAD_BYTES),
  decode: (body) => ({ id: body.u32(), claimedBytes: body.u64(), data: body.rest() }),
  encode: ({ id, data }) => new BodyWriter().u32(id).u64(BigInt(data.length)).bytes(data).finish(),
});

function readDetail(body: BodyReader, result: TransferResult): Pick<FileTransferStatus, 'freeBytes' | 'gioError'> {
  if (result === 'not-enough-space' && body.left >= FREE_BYTES_SIZE) return { freeBytes: body.u64() };
  if (result === 'error' && body.left >= ERROR_DETAIL_SIZE && body.u8() === ERROR_TYPE_GIO)
    return { gioError: body.u32() };
  return {};
}
