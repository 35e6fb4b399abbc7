import { GuestSaidNo } from '#host/connection/guest-said-no.ts';
import { JsonReader } from '#protocol/qga/reader.ts';
import { AgentError } from '#shared/errors.ts';
import type { JsonValue } from '#shared/json/value.ts';

/** The guest understood and said no. `message` is the guest's own text: escape it before a terminal sees it. */
export class GuestError extends GuestSaidNo {
  /**
   * @param guestClass "GenericError" or "CommandNotFound" from every agent known
   * @param desc for people only
   */
  constructor(
    readonly guestClass: string,
    readonly desc: string,
  ) {
    super(guestClass === 'CommandNotFound' ? 'not-found' : 'failed', `${guestClass}: ${desc}`);
  }
}

/**
 * The value a guest returned.
 *
 * @param line one answer without its newline: `{"return": VALUE}` or `{"error": {"class": C, "desc": D}}`
 * @throws {GuestError} for the second
 * @throws {AgentError} 'malformed' for anything else; the guest is not trusted to speak the protocol
 */
export function readReply(line: Uint8Array): JsonValue {
  const reply = readJson(line);
  if (!(reply instanceof Map)) throw new AgentError('malformed', 'the reply is not a JSON object');
  const value = reply.get('return');
  if (value !== undefined) return value;
  const error = reply.get('error');
  const guestClass = error instanceof Map ? error.get('class') : undefined;
  const desc = error instanceof Map ? error.get('desc') : undefined;
  if (typeof guestClass !== 'string' || typeof desc !== 'string') {
    throw new AgentError('malformed', 'the reply has neither a return value nor an error with class and desc');
  }
  throw new GuestError(guestClass, desc);
}

/**
 * Exactly one JSON value, integers of 64 bits exact, with the reader's own limits on depth, size and tokens.
 *
 * @throws {AgentError} 'malformed'
 */
export function readJson(text: Uint8Array): JsonValue {
  const reader = new JsonReader();
  let value: JsonValue | undefined;
  const take = (bytes: Uint8Array): void => {
    for (const event of reader.push(bytes)) {
      if (event.kind === 'error') throw new AgentError('malformed', event.desc);
      if (value !== undefined) throw new AgentError('malformed', 'more than one JSON value');
      value = event.value;
    }
  };
  // In pieces, so that a line of nothing but errors costs one error and not one for each byte.
  for (let begin = 0; begin < text.length; begin += PIECE) take(text.subarray(begin, begin + PIECE));
  take(NEWLINE); // a number or keyword ends only at the byte after it
  if (value === undefined) throw new AgentError('malformed', 'not a complete JSON value');
  return value;
}

const PIECE = 64 * 1024;
const NEWLINE = Uint8Array.of(0x0a);
