/** What the agent says to its guard, and what the guard answers; uga-freeze-guard.c has the meanings. */
export const REQUESTS = { folder: 'O', lease: 'L', hold: 'M', forget: 'D' } as const;
export type Request = keyof typeof REQUESTS;

/** The guard says this by itself. */
const ENDED = 'E';

export type GuardMessage = { readonly kind: 'answer'; readonly to: Request } | { readonly kind: 'ended' };

/** `struct message`: the operation, three unused bytes, u32 value; this machine's byte order. */
export const MESSAGE_SIZE = 8;

export function encodeRequest(request: Request, value: number): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_SIZE);
  bytes[0] = REQUESTS[request].charCodeAt(0);
  new Uint32Array(bytes.buffer, 4, 1)[0] = value;
  return bytes;
}

/** @param bytes one message. @returns undefined for what no guard says */
export function decodeMessage(bytes: Uint8Array): GuardMessage | undefined {
  const operation = String.fromCharCode(bytes[0] ?? 0);
  if (operation === ENDED) return { kind: 'ended' };
  for (const [to, letter] of Object.entries(REQUESTS)) {
    if (operation === letter.toLowerCase()) return { kind: 'answer', to: to as Request };
  }
  return undefined;
}
