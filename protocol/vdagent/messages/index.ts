import type { Buffer } from 'node:buffer';
import { AgentError } from '#shared/errors.ts';
import { BodyReader } from '../body.ts';
import type { Capabilities } from '../capabilities.ts';
import type { Port } from '../chunk.ts';
import { announceCapabilities } from './announce-capabilities.ts';
import { audioVolumeSync } from './audio-volume-sync.ts';
import { clientDisconnected } from './client-disconnected.ts';
import { clipboard, clipboardGrab, clipboardRelease, clipboardRequest } from './clipboard.ts';
import { displayConfig } from './display-config.ts';
import { fileTransferData, fileTransferStart, fileTransferStatus } from './file-transfer.ts';
import { graphicsDeviceInfo } from './graphics-device-info.ts';
import { maxClipboard } from './max-clipboard.ts';
import { monitorsConfig } from './monitors-config.ts';
import { mouseState } from './mouse-state.ts';
import { reply } from './reply.ts';
import { fits, type MessageSpec } from './spec.ts';

/** All messages of the protocol, in the order of their numbers. */
export const MESSAGES = [
  mouseState,
  monitorsConfig,
  reply,
  clipboard,
  displayConfig,
  announceCapabilities,
  clipboardGrab,
  clipboardRequest,
  clipboardRelease,
  fileTransferStart,
  fileTransferStatus,
  fileTransferData,
  clientDisconnected,
  maxClipboard,
  audioVolumeSync,
  graphicsDeviceInfo,
] as const;

type Spec = (typeof MESSAGES)[number];
export type MessageName = Spec['name'];
type SpecOf<Name extends MessageName> = Extract<Spec, { readonly name: Name }>;
export type Sent<Name extends MessageName> = Parameters<SpecOf<Name>['encode']>[0];
export type Received<Name extends MessageName> = ReturnType<SpecOf<Name>['decode']>;

/** A message with its fields read. */
export type Message = { [Name in MessageName]: { readonly name: Name; readonly fields: Received<Name> } }[MessageName];

/** A message that is to be counted, logged once and otherwise ignored; the channel stays. */
export interface Ignored {
  readonly name: 'ignored';
  readonly type: number;
  readonly reason: 'unknown-type' | 'wrong-direction' | 'wrong-port' | 'wrong-size' | 'malformed';
}

const BY_TYPE: ReadonlyMap<number, MessageSpec<MessageName, unknown, never>> = new Map(
  MESSAGES.map((spec) => [spec.type, spec]),
);
const BY_NAME: ReadonlyMap<MessageName, MessageSpec<MessageName, unknown, never>> = new Map(
  MESSAGES.map((spec) => [spec.name, spec]),
);

/** Where a message came from. */
export interface Origin {
  readonly receiver: 'guest' | 'host';
  readonly port: Port;
  /** What the sender announced last; nothing before it did. */
  readonly peer: Capabilities;
}

/** Reads a whole body. Never throws: whatever is wrong with one message is no reason to end the channel. */
export function decodeMessage(type: number, body: Buffer, { receiver, port, peer }: Origin): Message | Ignored {
  const spec = BY_TYPE.get(type);
  if (spec === undefined) return { name: 'ignored', type, reason: 'unknown-type' };
  if (spec.direction === (receiver === 'guest' ? 'to-host' : 'to-guest')) {
    return { name: 'ignored', type, reason: 'wrong-direction' };
  }
  if (spec.onlyPort !== undefined && spec.onlyPort !== port) return { name: 'ignored', type, reason: 'wrong-port' };
  if (!fits(spec.size, body.length, peer)) return { name: 'ignored', type, reason: 'wrong-size' };
  try {
    // Name and fields come from the same row; the compiler sees only that both come from some row.
    return { name: spec.name, fields: spec.decode(new BodyReader(body), peer) } as Message;
  } catch (error) {
    if (error instanceof AgentError && error.code === 'malformed')
      return { name: 'ignored', type, reason: 'malformed' };
    throw error;
  }
}

/**
 * Type number and body, laid out for what `peer` announced.
 * @throws {AgentError} 'invalid-argument' for what the peer's capabilities leave no way to say.
 */
export function encodeBody<Name extends MessageName>(
  name: Name,
  fields: Sent<Name>,
  peer: Capabilities,
): { readonly type: number; readonly body: Uint8Array } {
  const spec = specOf(name);
  return { type: spec.type, body: spec.encode(fields as never, peer) };
}

/** Does the receiver want this message at all? */
export function isWanted(name: MessageName, receiver: Capabilities): boolean {
  const { needs, unless } = specOf(name);
  return (needs === undefined || receiver.has(needs)) && (unless === undefined || !receiver.has(unless));
}

function specOf(name: MessageName): MessageSpec<MessageName, unknown, never> {
  const spec = BY_NAME.get(name);
  if (spec === undefined) throw new RangeError(`no message "${name}"`);
  return spec;
}
