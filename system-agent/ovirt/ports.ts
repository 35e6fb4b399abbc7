import type { Platform } from '../platform.ts';
import type { Sessions } from '../sessions/sessions.ts';

/** What the reports and commands of this door may need. */
export type OvirtPorts = Platform & { readonly sessions: Sessions };
