import { int64, object, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const ugaAuditHead = defineCommand({
  name: 'uga-audit-head',
  since: 'uga 0.1',
  summary: 'How many records the audit log has had and the hash of the last: kept by the host, they anchor it.',
  worksWhere: 'where an audit log is kept',
  testedBy: 'our agent; `uga audit verify --anchor`',
  args: object({}),
  result: struct('UgaAuditHead', { count: int64, hash: string, waiting: int64 }),
  errors: ['nothing was ever written, and why'],
  needs: ['audit'],
  readOnly: true,

  run(_args, { audit }) {
    const { count, hash, waiting } = audit.head();
    return { count, hash, waiting };
  },
});
