import { bytes, flag, integer, maybe, type Read, record, text, word, words } from '#shared/schema/record.ts';
import { notification, request } from '../definition.ts';

export const SELECTIONS = ['clipboard', 'primary', 'secondary'] as const;
export const CLIPBOARD_TYPES = ['text', 'png', 'bmp', 'tiff', 'jpg'] as const;
export type Selection = (typeof SELECTIONS)[number];
export type ClipboardType = (typeof CLIPBOARD_TYPES)[number];

const selection = word(...SELECTIONS);

/**
 * The sender's side now owns `selection` and can give it as any of `types`; the other side's ownership is over. To the
 * system: an application of the session has copied. To the session: the host's side has.
 *
 * `serial` is that of the newest grab of the host's side that the sender knows: its own, or the last that it was told
 * on this connection, or 0. So the system agent sees which grabs of the session crossed one of its own on the way; of two
 * that cross the host's counts, as on the SPICE side (W4). Absent: an agent of a release that does not count.
 *
 * `age`: ms since an application of the session has copied, 0 for one that did so just now. A session that is given the
 * clipboard tells what it has had for a while; if the client has copied since, the client's is the newer. Absent: now.
 */
export const clipboardGrab = notification({
  name: 'clipboard.grab',
  direction: 'both',
  body: record({
    selection,
    types: words(CLIPBOARD_TYPES, 16),
    serial: maybe(integer(0, 0xffff_ffff)),
    age: maybe(integer(0, 0xffff_ffff)),
  }),
});

/**
 * The sender's side does not own `selection` (any longer). Never between two grabs of the same side. A session that is
 * given the clipboard says with this or a grab what it has, and is then offered what the host's side has.
 */
export const clipboardRelease = notification({
  name: 'clipboard.release',
  direction: 'both',
  body: record({ selection }),
});

/**
 * Whether a copy in the session would reach anybody now. For sessions that have to look for copies (feature `clipboard.polled`) and
 * need not while nobody would hear of them; at first it would not.
 */
export const clipboardWanted = notification({
  name: 'clipboard.wanted',
  direction: 'to-session',
  body: record({ wanted: flag }),
});

/** Longest content that goes into the answer itself: a stream costs two more messages. */
export const MAX_DIRECT_BYTES = 64 * 1024;

/**
 * Asks the owner's side for the content. `content` is it, for askers that take it `direct`ly; or `stream` is its id
 * (Link.receiveStream), and `size` its length where that is known, for it may still be on its way; neither: there is none
 * now. One request is one paste; nothing flows before it (W3).
 */
export const clipboardRead = request({
  name: 'clipboard.read',
  direction: 'both',
  body: record({
    selection,
    type: word(...CLIPBOARD_TYPES),
    maxBytes: integer(0, 0xffff_ffff),
    direct: maybe(flag),
  }),
  result: record({
    stream: maybe(integer(0, 0xffff_ffff)),
    size: maybe(integer(0, 0xffff_ffff)),
    content: maybe(bytes(MAX_DIRECT_BYTES)),
    why: maybe(text(200)),
  }),
});

export type ClipboardAnswer = Read<typeof clipboardRead.result>;
export type ClipboardGrab = Read<typeof clipboardGrab.body>;
