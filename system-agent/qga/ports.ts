import type { AuditLog } from '../audit/audit.ts';
import type { Events } from '../events/events.ts';
import type { Platform } from '../platform.ts';
import type { SessionControl } from '../session-control/session-control.ts';
import type { Sso } from '../sso/sso.ts';

/** What the commands of this door may need. */
export type QgaPorts = Platform & {
  readonly events: Events;
  readonly audit: AuditLog;
  readonly sessionControl: SessionControl;
  readonly sso: Sso;
};
