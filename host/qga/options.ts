export interface RequestOptions {
  /** For all of it: the wait for earlier requests, sync if it is needed, and the reply. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `timeoutMs` is for connecting, and for each request that does not say otherwise. Default 10 s. */
export interface ClientOptions extends RequestOptions {
  /** Longest reply in bytes. Default 64 MiB, the most that the JSON reader takes. */
  readonly maxReplyBytes?: number;
}

export interface TellOptions extends RequestOptions {
  /** Silence of this length counts as success. Default 5 s, on top of `timeoutMs`. */
  readonly graceMs?: number | undefined;
}

/** How a command without reply on success went: the channel closed, nothing came, or the guest replied all the same. */
export type Told = 'closed' | 'silent' | 'replied';

/** Commands that answer only when they fail. Source: QEMU qga/qapi-schema.json, 'success-response': false. */
export const SILENT_COMMANDS: ReadonlySet<string> = new Set([
  'guest-shutdown',
  'guest-suspend-disk',
  'guest-suspend-ram',
  'guest-suspend-hybrid',
]);

export const DEFAULT_TIMEOUT_MS = 10_000;
export const DEFAULT_GRACE_MS = 5_000;
export const DEFAULT_MAX_REPLY = 64 * 1024 * 1024;
