import { Buffer } from 'node:buffer';
import { AgentError } from '#shared/errors.ts';

/**
 * Messages of sway's own socket: "i3-ipc", u32 length, u32 type, then text. Numbers are in the machine's byte order, which is
 * little-endian wherever we run. Source: sway-ipc(7).
 */
const MAGIC = Buffer.from('i3-ipc');
const HEAD_BYTES = MAGIC.length + 8;
/** Answers to commands are a few words for each. */
const MAX_ANSWER_BYTES = 64 * 1024;
export const RUN_COMMAND = 0;

export function encodeSwayMessage(type: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt32LE(payload.length, MAGIC.length);
  head.writeUInt32LE(type, MAGIC.length + 4);
  return Buffer.concat([head, payload]);
}

/**
 * @param bytes what has come so far
 * @returns the text of the first message, undefined while it is not whole
 * @throws {AgentError} 'malformed'
 */
export function swayAnswerIn(bytes: Buffer): string | undefined {
  if (!MAGIC.subarray(0, bytes.length).equals(bytes.subarray(0, MAGIC.length))) {
    throw new AgentError('malformed', 'no message of sway');
  }
  if (bytes.length < HEAD_BYTES) return undefined;
  const length = bytes.readUInt32LE(MAGIC.length);
  if (length > MAX_ANSWER_BYTES) throw new AgentError('malformed', `an answer of sway of ${length} bytes`);
  const end = HEAD_BYTES + length;
  return bytes.length < end ? undefined : bytes.toString('utf8', HEAD_BYTES, end);
}

/**
 * @param text the answer to commands: [{"success": true}, …], with "error" where one failed
 * @returns what went wrong, undefined if nothing did
 */
export function swayFailureIn(text: string): string | undefined {
  let results: unknown;
  try {
    results = JSON.parse(text);
  } catch {
    return 'sway answers what is no JSON';
  }
  if (!Array.isArray(results) || results.length === 0) return 'sway answers without results';
  const failed = (results as readonly unknown[]).find((one) => !isSuccess(one));
  if (failed === undefined) return undefined;
  const error = typeof failed === 'object' && failed !== null && 'error' in failed ? failed.error : undefined;
  return typeof error === 'string' ? `sway: ${error.slice(0, 200)}` : 'sway refuses it';
}

function isSuccess(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'success' in result && result.success === true;
}
