import type { Capabilities, Capability } from '#protocol/vdagent/capabilities.ts';

/** What is announced is promised (L6). */
const ALWAYS: readonly Capability[] = ['reply'];
const MONITORS: readonly Capability[] = ['monitors-config', 'sparse-monitors-config', 'graphics-device-info'];
const CLIPBOARD: readonly Capability[] = [
  'clipboard-by-demand',
  'clipboard-selection',
  'guest-lineend-lf',
  'max-clipboard',
  'clipboard-no-release-on-regrab',
  'clipboard-grab-serial',
];

const EFFECTS: readonly Capability[] = ['display-config'];
const AUDIO: readonly Capability[] = ['audio-volume-sync'];
const FILES: readonly Capability[] = ['file-xfer-detailed-errors'];
const NO_FILES: readonly Capability[] = ['file-xfer-disabled'];

/** What this guest can do now, and may. */
export interface Abilities {
  /** Without it a host moves the pointer of the emulated hardware. */
  readonly pointer: boolean;
  readonly monitors: boolean;
  /** In one direction at least. */
  readonly clipboard: boolean;
  /** The desktop does without effects for a client that wishes so. */
  readonly effects: boolean;
  /** The served session has a sound server. */
  readonly audio: boolean;
  /** Files of the client are taken, at least from some session. */
  readonly files: boolean;
}

export function offeredCapabilities({ pointer, monitors, clipboard, effects, audio, files }: Abilities): Capabilities {
  return new Set<Capability>([
    ...(pointer ? (['mouse-state'] as const) : []),
    ...ALWAYS,
    ...(monitors ? MONITORS : []),
    ...(clipboard ? CLIPBOARD : []),
    ...(effects ? EFFECTS : []),
    ...(audio ? AUDIO : []),
    ...(files ? FILES : NO_FILES),
  ]);
}
