import type { BodyReader } from '../body.ts';
import type { Capabilities, Capability } from '../capabilities.ts';
import type { Port } from '../chunk.ts';

/**
 * Everything about one message: a row of the table.
 *
 * `Received` is what the decoder gives. `Sent` is what the encoder takes: the same, unless a peer can say what we never
 * say. Layouts follow the *peer's* capabilities in both directions, never those both sides share.
 */
export interface MessageSpec<Name extends string, Received, Sent = Received> {
  readonly type: number;
  readonly name: Name;
  readonly direction: 'to-guest' | 'to-host' | 'both';
  /** Only the SPICE server itself may send it; the same bytes from a viewer are ignored. */
  readonly onlyPort?: Port;
  /** Sent only to a receiver that has announced this. */
  readonly needs?: Capability;
  /** Not sent to a receiver that has announced this. */
  readonly unless?: Capability;
  readonly size: SizeRule;
  /** @throws {AgentError} 'malformed'; views in the result are views of the body. */
  decode(body: BodyReader, peer: Capabilities): Received;
  /** @throws {AgentError} 'invalid-argument' for what the peer's capabilities leave no way to say. */
  encode(message: Sent, peer: Capabilities): Uint8Array;
}

/**
 * Sizes of a body: exactly or at least `bytes`, plus 4 for each capability of `prefixes` that the peer has. `also` is
 * one more size that real peers send.
 */
export interface SizeRule {
  readonly exact: boolean;
  readonly bytes: number;
  readonly prefixes: readonly Capability[];
  readonly also?: number;
}

const PREFIX_BYTES = 4;

export function exactly(bytes: number, ...prefixes: Capability[]): SizeRule {
  return { exact: true, bytes, prefixes };
}

export function atLeast(bytes: number, ...prefixes: Capability[]): SizeRule {
  return { exact: false, bytes, prefixes };
}

/** How much of a body of at least so many bytes is in front of the rest. */
export function headBytesOf({ size }: { readonly size: SizeRule }, peer: Capabilities): number {
  return size.bytes + PREFIX_BYTES * size.prefixes.filter((capability) => peer.has(capability)).length;
}

export function fits({ exact, bytes, prefixes, also }: SizeRule, length: number, peer: Capabilities): boolean {
  const size = headBytesOf({ size: { exact, bytes, prefixes } }, peer);
  return length === also || (exact ? length === size : length >= size);
}

export function defineMessage<Name extends string, Received, Sent = Received>(
  spec: MessageSpec<Name, Received, Sent>,
): MessageSpec<Name, Received, Sent> {
  return spec;
}
