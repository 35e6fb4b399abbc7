/**
 * The hooks of /etc/uga/freeze.d as a program, for the inside of a guest:
 *
 *     node hooks-probe.js freeze|thaw
 *
 * Prints a line for each hook; exit status 1 when the freeze failed.
 */
import { messageOf } from '#shared/errors.ts';
import { createLog } from '#shared/log/stderr.ts';
import { linuxFreezeHooks } from '#system-agent/freeze/hooks/linux.ts';

const hooks = linuxFreezeHooks({
  places: { script: undefined, directory: '/etc/uga/freeze.d' },
  timeoutMs: 60_000,
  umask: process.umask(),
  log: createLog({ level: 'info', fd: 2, journal: false }),
});
try {
  const freezing = process.argv[2] === 'freeze';
  const results = await (freezing ? hooks.freeze(new AbortController().signal) : hooks.thaw());
  for (const { name, outcome, milliseconds } of results) console.log(`${name} ${outcome} ${milliseconds}`);
} catch (error) {
  console.log(messageOf(error));
  process.exitCode = 1;
}
process.exit();
