/**
 * A session agent without a desktop, for tests with real processes:
 *
 *     node session-side.js PATH
 *
 * It answers monitors.configure and prints `up` and `down`.
 */
import { monitorsConfigure } from '#protocol/ipc/messages/monitors.ts';
import { SystemLink } from '#session-agent/system-link/system-link.ts';
import { createLog } from '#shared/log/stderr.ts';

const [path] = process.argv.slice(2);
if (path !== undefined) {
  const link = new SystemLink({
    path,
    introduction: { build: 'test', display: 'none', features: [], session: undefined },
    taken: () => process.stdout.write('taken\n'),
    log: createLog({ level: 'info', fd: 2, journal: false }),
  });
  link.handle(monitorsConfigure, async () => ({ applied: true, why: undefined }));
  link.onUp(() => process.stdout.write('up\n'));
  link.onDown(() => process.stdout.write('down\n'));
  await link.start();
}
