import type { Log } from '#shared/log/log.ts';
import type { Config } from '../config/config.ts';
import { LogFile } from './log-file.ts';
import { AuditTrail } from './trail.ts';

/** The log as it is configured; undefined when none is to be kept. Opens nothing before it is started. */
export function auditOf(
  config: Pick<Config, 'auditDirectory' | 'auditOnFailure' | 'auditMebibytes' | 'auditFiles'>,
  log: Log,
): AuditTrail | undefined {
  const { auditDirectory: folder, auditOnFailure, auditMebibytes, auditFiles } = config;
  if (folder === 'off') return undefined;
  const file = new LogFile({
    folder,
    maxBytes: auditMebibytes << 20,
    maxFiles: auditFiles,
    writer: { version: UGA_VERSION, pid: process.pid },
  });
  return new AuditTrail(file, auditOnFailure, log.child({ part: 'audit' }));
}
