import type { Buffer } from 'node:buffer';
import { AgentError } from '#shared/errors.ts';
import { type BodyReader, BodyWriter } from '../body.ts';
import type { Capabilities } from '../capabilities.ts';
import { atLeast, defineMessage, exactly } from './spec.ts';

/**
 * The four messages of the clipboard. Each begins with the selection (u8 and three zero bytes) if the peer has
 * `clipboard-selection`; without it there is only the selection `clipboard`.
 * Source: vd_agent.h, VDAgentClipboard, -Grab, -Request, -Release.
 */
const SELECTIONS = ['clipboard', 'primary', 'secondary'] as const;
const TYPES = ['none', 'text', 'png', 'bmp', 'tiff', 'jpg', 'file-list'] as const;

export type Selection = (typeof SELECTIONS)[number];
export type ClipboardType = (typeof TYPES)[number];
/** A peer may know types that came later; a request for one still waits for its answer. */
export type ReceivedType = ClipboardType | 'unknown';

export interface Clipboard<Type = ClipboardType> {
  readonly selection: Selection;
  readonly type: Type;
  readonly data: Uint8Array;
}

export interface ClipboardGrab {
  readonly selection: Selection;
  /** Counts the grabs of one selection, u32; there if the peer has `clipboard-grab-serial`. */
  readonly serial?: number;
  /** What can be requested, best first, each once. */
  readonly types: readonly ClipboardType[];
}

export interface ClipboardRequest<Type = ClipboardType> {
  readonly selection: Selection;
  readonly type: Type;
}

export interface ClipboardRelease {
  readonly selection: Selection;
}

/** [selection] u32 type, bytes. */
export const clipboard = defineMessage<'clipboard', Clipboard<ReceivedType> & { readonly data: Buffer }, Clipboard>({
  type: 4,
  name: 'clipboard',
  direction: 'both',
  needs: 'clipboard-by-demand',
  size: atLeast(4, 'clipboard-selection'),
  decode: (body, peer) => ({ selection: readSelection(body, peer), type: readType(body), data: body.rest() }),
  encode: (message, peer) =>
    writeType(writeSelection(message.selection, peer), message.type).bytes(message.data).finish(),
});

/** [selection] [u32 serial] u32 types[]; unknown types are left out. */
export const clipboardGrab = defineMessage<'clipboard-grab', ClipboardGrab>({
  type: 7,
  name: 'clipboard-grab',
  direction: 'both',
  needs: 'clipboard-by-demand',
  size: atLeast(0, 'clipboard-selection', 'clipboard-grab-serial'),
  decode(body, peer) {
    const selection = readSelection(body, peer);
    const serial = peer.has('clipboard-grab-serial') ? { serial: body.u32() } : {};
    const types = new Set<ClipboardType>();
    while (body.left >= 4) {
      const type = readType(body);
      if (type !== 'unknown' && type !== 'none') types.add(type);
    }
    return { selection, ...serial, types: [...types] };
  },
  encode({ selection, serial, types }, peer) {
    const body = writeSelection(selection, peer);
    if (peer.has('clipboard-grab-serial')) {
      if (serial === undefined) throw new AgentError('invalid-argument', 'the peer expects a serial in each grab');
      body.u32(serial);
    }
    for (const type of types) writeType(body, type);
    return body.finish();
  },
});

/** [selection] u32 type. Exactly one CLIPBOARD answers it, of type `none` if there is nothing to give. */
export const clipboardRequest = defineMessage<'clipboard-request', ClipboardRequest<ReceivedType>, ClipboardRequest>({
  type: 8,
  name: 'clipboard-request',
  direction: 'both',
  needs: 'clipboard-by-demand',
  size: exactly(4, 'clipboard-selection'),
  decode: (body, peer) => ({ selection: readSelection(body, peer), type: readType(body) }),
  encode: ({ selection, type }, peer) => writeType(writeSelection(selection, peer), type).finish(),
});

/** [selection]. spice-vdagentd 0.22 sends the selection as a single byte, whatever the capabilities, when the session changes. */
export const clipboardRelease = defineMessage<'clipboard-release', ClipboardRelease>({
  type: 9,
  name: 'clipboard-release',
  direction: 'both',
  needs: 'clipboard-by-demand',
  size: { ...exactly(0, 'clipboard-selection'), also: 1 },
  decode: (body, peer) => ({ selection: body.left === 1 ? selectionOf(body.u8()) : readSelection(body, peer) }),
  encode: ({ selection }, peer) => writeSelection(selection, peer).finish(),
});

function readSelection(body: BodyReader, peer: Capabilities): Selection {
  if (!peer.has('clipboard-selection')) return 'clipboard';
  const selection = selectionOf(body.u8());
  body.bytes(3);
  return selection;
}

function selectionOf(number: number): Selection {
  const selection = SELECTIONS[number];
  if (selection === undefined) throw new AgentError('malformed', `unknown selection ${number}`);
  return selection;
}

function writeSelection(selection: Selection, peer: Capabilities): BodyWriter {
  if (peer.has('clipboard-selection')) return new BodyWriter().u32(SELECTIONS.indexOf(selection));
  if (selection === 'clipboard') return new BodyWriter();
  throw new AgentError('invalid-argument', `the peer knows no selection "${selection}"`);
}

function readType(body: BodyReader): ReceivedType {
  return TYPES[body.u32()] ?? 'unknown';
}

function writeType(body: BodyWriter, type: ClipboardType): BodyWriter {
  return body.u32(TYPES.indexOf(type));
}
