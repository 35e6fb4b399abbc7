import type { Capabilities } from '#protocol/vdagent/capabilities.ts';
import type { ClipboardType } from '#protocol/vdagent/messages/clipboard.ts';

/**
 * The client converts line ends, never the guest, and only for a guest that says that it has CRLF.
 * Source: vd_agent.h, VD_AGENT_CAP_GUEST_LINEEND_CRLF, and spice-gtk's use of it.
 */
export function toGuest(type: ClipboardType, data: Uint8Array, guest: Capabilities): Uint8Array {
  if (!converts(type, guest)) return data;
  return Buffer.from(latin1(data).replace(/\r?\n/g, '\r\n'), 'latin1');
}

export function fromGuest(type: ClipboardType, data: Buffer, guest: Capabilities): Buffer {
  return converts(type, guest) ? Buffer.from(latin1(data).replaceAll('\r\n', '\n'), 'latin1') : data;
}

function converts(type: ClipboardType, guest: Capabilities): boolean {
  return type === 'text' && guest.has('guest-lineend-crlf');
}

/** No byte of a longer UTF-8 sequence is a line end: bytes can be taken for characters. */
function latin1(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
}
