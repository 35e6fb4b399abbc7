import type { AuditLog } from '#system-agent/audit/audit.ts';

/** A log that has five records. */
export const fakeAudit: AuditLog = {
  head: () => ({ count: 5, hash: 'ab'.repeat(32), waiting: 0 }),
  describe: () => ({ state: 'writing', folder: '/log', count: 5, waiting: 0, lost: 0, why: undefined }),
};
