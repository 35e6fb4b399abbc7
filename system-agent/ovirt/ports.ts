import type { Platform } from '../platform.ts';
import type { SessionControl } from '../session-control/session-control.ts';
import type { Word } from '../sessions/console.ts';
import type { Sso } from '../sso/sso.ts';

/** Who is at the machine: what a host is to hear now, and whenever it changes. */
export interface Console {
  readonly words: readonly Word[];
  onWord(listener: (word: Word) => void): Disposable;
}

/** What the reports and commands of this door may need. */
export type OvirtPorts = Platform & {
  readonly console: Console;
  readonly sessionControl: SessionControl;
  readonly sso: Sso;
};
