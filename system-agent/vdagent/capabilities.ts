import type { Capabilities, Capability } from '#protocol/vdagent/capabilities.ts';

/**
 * Without `display-config`, `audio-volume-sync` and `graphics-device-info`: nothing in the guest acts on those, and what
 * is announced is promised (L6).
 */
const ALWAYS: readonly Capability[] = [
  'monitors-config',
  'reply',
  'clipboard-by-demand',
  'clipboard-selection',
  'sparse-monitors-config',
  'guest-lineend-lf',
  'max-clipboard',
  'clipboard-no-release-on-regrab',
  'clipboard-grab-serial',
];

/** What this guest can do. A host that hears of no pointer moves the one of the emulated hardware. */
export function offeredCapabilities(hasPointer: boolean): Capabilities {
  return new Set(hasPointer ? ['mouse-state', ...ALWAYS] : ALWAYS);
}
