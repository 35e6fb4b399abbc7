import type { Capabilities } from '#protocol/vdagent/capabilities.ts';

/** What is known of one client; the next one begins with nothing of it (L7). */
export class ClientState {
  /** What it announced last; nothing before it did. */
  capabilities: Capabilities = new Set();
  /** Longest clipboard content it takes. */
  maxClipboardBytes = Number.POSITIVE_INFINITY;
}
