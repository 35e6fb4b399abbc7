import { AgentError } from '#shared/errors.ts';
import type { JsonObject, JsonValue, Printable } from '#shared/json/value.ts';

/**
 * Requests and replies of the QEMU guest agent's protocol.
 *
 *     {"execute": NAME, "arguments": {...}, "id": ANY}     arguments and id may be absent
 *     {"return": VALUE, "id": ANY}                         id only if the request had one
 *     {"error": {"class": CLASS, "desc": TEXT}, "id": ANY}
 *
 * Source: QEMU docs/interop/qmp-spec and qapi/qmp-dispatch.c.
 */
export interface Request {
  readonly execute: string;
  readonly arguments: JsonObject;
}

/** The only two classes that any agent has used since QEMU 2.x; libvirt takes the second for "not supported". */
export type ErrorClass = 'GenericError' | 'CommandNotFound';

export interface ErrorReply {
  readonly error: { readonly class: ErrorClass; readonly desc: string };
}

/** Byte that precedes the reply of guest-sync-delimited, and that a client sends to make an agent start afresh. */
export const SENTINEL = 0xff;

const NO_ARGUMENTS: JsonObject = new Map();

/** @throws {AgentError} 'invalid-argument' with QEMU's text */
export function parseRequest(value: JsonValue): Request {
  if (!(value instanceof Map)) throw invalid('QMP input must be a JSON object');
  let execute: string | undefined;
  let args = NO_ARGUMENTS;
  for (const [name, member] of value as JsonObject) {
    if (name === 'execute') {
      if (typeof member !== 'string') throw invalid("QMP input member 'execute' must be a string");
      execute = member;
    } else if (name === 'arguments') {
      if (!(member instanceof Map)) throw invalid("QMP input member 'arguments' must be an object");
      args = member;
    } else if (name !== 'id') {
      throw invalid(`QMP input member '${name}' is unexpected`);
    }
  }
  if (execute === undefined) throw invalid("QMP input lacks member 'execute'");
  return { execute, arguments: args };
}

/** The `id` to echo, as the members to add to a reply. Also of requests that are otherwise wrong. */
export function echoOfId(value: JsonValue): { readonly id?: JsonValue } {
  if (!(value instanceof Map)) return {};
  const id = (value as JsonObject).get('id');
  return id === undefined ? {} : { id };
}

export function errorReply(errorClass: ErrorClass, desc: string): ErrorReply {
  return { error: { class: errorClass, desc } };
}

export interface Reply {
  readonly [member: string]: Printable;
}

function invalid(message: string): AgentError {
  return new AgentError('invalid-argument', message);
}
