import { GuestError } from '#host/qga/reply.ts';
import { messageOf } from '#shared/errors.ts';
import { formatJson } from '#shared/json/format.ts';
import type { JsonValue, Printable } from '#shared/json/value.ts';

/**
 * What a QMP server says: a greeting, then answers and events, each one JSON object in ASCII that ends with CRLF.
 *
 *     {"QMP": {"version": VERSION, "capabilities": []}}
 *     {"return": VALUE, "id": ANY}                         id only if the request had one
 *     {"id": ANY, "error": {"class": CLASS, "desc": TEXT}}
 *     {"timestamp": {"seconds": N, "microseconds": N}, "event": NAME, "data": {...}}
 *
 * Source: QEMU docs/interop/qmp-spec.rst and monitor/qmp.c; the order of members is that of QEMU 7.2.
 */
export interface Message {
  readonly [member: string]: Printable;
}

/** Members to add to an answer: the request's `id`, or none. */
export interface Echo {
  readonly id?: JsonValue;
}

/** When something happened, since 1970. */
export interface Timestamp {
  readonly seconds: bigint;
  readonly microseconds: bigint;
}

export interface QmpEvent {
  readonly event: string;
  readonly data: Printable;
  readonly timestamp: Timestamp;
}

/** The classes of QEMU's own errors that a guest's agent can mean; any other class is told as GenericError. */
type ErrorClass = 'GenericError' | 'CommandNotFound';

export function greeting(version: Printable): Message {
  return { QMP: { version, capabilities: [] } };
}

export function success(value: Printable, echo: Echo): Message {
  return { return: value, ...echo };
}

export function failure(errorClass: ErrorClass, desc: string, echo: Echo = {}): Message {
  return { ...echo, error: { class: errorClass, desc } };
}

/** What a client learns of something that was thrown: the guest's own words, or ours. */
export function failureOf(error: unknown, echo: Echo): Message {
  if (!(error instanceof GuestError)) return failure('GenericError', messageOf(error), echo);
  return failure(error.guestClass === 'CommandNotFound' ? 'CommandNotFound' : 'GenericError', error.desc, echo);
}

export function eventMessage({ event, data, timestamp }: QmpEvent): Message {
  return { timestamp: { ...timestamp }, event, data };
}

/** An event of the server itself, at this moment. */
export function ownEvent(event: string, data: Printable): QmpEvent {
  const milliseconds = BigInt(Date.now());
  return { event, data, timestamp: { seconds: milliseconds / 1000n, microseconds: (milliseconds % 1000n) * 1000n } };
}

/** A message as it is sent. */
export function lineOf(message: Message): Buffer {
  return Buffer.from(`${formatJson(message)}\r\n`, 'latin1');
}
