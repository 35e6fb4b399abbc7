import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { MemoryLog } from '#shared/log/memory.ts';
import type { Happening } from '#system-agent/lifecycle/lifecycle.ts';
import { linuxLifecycle } from '#system-agent/lifecycle/linux.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

/** Two folders of hooks that write down that they ran. */
function rig(folder: string, awaitedMs = 8_000) {
  const first = path.join(folder, 'first');
  const second = path.join(folder, 'second');
  const record = path.join(folder, 'record');
  const log = new MemoryLog();
  const lifecycle = linuxLifecycle({
    folders: [first, second],
    umask: 0o022,
    isFrozen: () => false,
    trust: { owner: process.getuid?.() ?? 0, top: folder },
    awaitedMs,
    log,
  });
  const write = (file: string, text: string, mode = 0o755) => {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, text);
    chmodSync(file, mode);
  };
  writeFileSync(record, '');
  return {
    log,
    first,
    second,
    write,
    hook: (file: string, mode?: number) =>
      write(
        file,
        `#!/bin/sh\necho "$(basename "$(dirname "$0")")/$(basename "$0") $# $UGA_EVENT $UGA_FAILURE" >>${record}\n`,
        mode,
      ),
    happened: (happening: Partial<Happening> = {}) =>
      lifecycle.happened({ event: 'before_migration', failure: false, isAwaited: true, ...happening }),
    ran: () => readFileSync(record, 'utf8').split('\n').slice(0, -1),
  };
}

describe('hooks of migration and hibernation', () => {
  it('run in the order of the bytes of their names, without arguments, those of the later folder in place of others', async () => {
    using folder = temporaryFolder();
    const { first, second, hook, happened, ran } = rig(folder.path);
    hook(path.join(first, 'before_migration/55_flush'));
    hook(path.join(first, 'before_migration/B'));
    hook(path.join(second, 'before_migration/a'));
    hook(path.join(second, 'before_migration/B'));
    hook(path.join(second, 'before_migration/10-\u{1f600}'));
    hook(path.join(second, 'after_migration/x'));
    await happened();
    assert.deepEqual(ran(), [
      'before_migration/10-\u{1f600} 0 before_migration false',
      'before_migration/55_flush 0 before_migration false',
      'before_migration/B 0 before_migration false',
      'before_migration/a 0 before_migration false',
    ]);
    await happened({ event: 'after_migration', failure: true });
    assert.equal(ran().at(-1), 'after_migration/x 0 after_migration true');
    await happened({ event: 'before_hibernation' });
    assert.equal(ran().length, 5, 'a folder that is missing holds no hooks');
  });

  it('are programs that nobody else can have written; what fails does not hold up the next', async () => {
    using folder = temporaryFolder();
    const { first, hook, write, happened, ran, log } = rig(folder.path);
    const at = (name: string) => path.join(first, 'before_migration', name);
    for (const name of ['.hidden', 'old~', 'x.rpmsave', 'y.dpkg-old']) hook(at(name));
    hook(at('not-executable'), 0o644);
    hook(at('open'), 0o777);
    write(at('bad-interpreter'), '#!/nonexistent\n');
    write(at('fails'), '#!/bin/sh\necho why\nexit 3\n');
    mkdirSync(at('folder'));
    symlinkSync('/nonexistent', at('dangling'));
    hook(at('last'));
    await happened();
    assert.deepEqual(ran(), ['before_migration/last 0 before_migration false']);
    const told = log.lines.map(({ level, message, fields }) => [level, message, path.basename(String(fields.hook))]);
    assert.deepEqual(told, [
      ['warn', 'hook', 'bad-interpreter'],
      ['warn', 'hook', 'fails'],
      ['info', 'hook', 'last'],
      ['error', 'hook refused', 'open'],
    ]);
    assert.deepEqual(log.lines[1]?.fields.output, 'why');
  });

  it('are killed with all that they have started when the host must be told', async () => {
    using folder = temporaryFolder();
    const { first, write, happened } = rig(folder.path, 500);
    const pid = path.join(folder.path, 'pid');
    write(path.join(first, 'before_migration/hangs'), `#!/bin/sh\nsleep 600 &\necho $! >${pid}\nwait\n`);
    await happened();
    const child = Number(readFileSync(pid, 'utf8'));
    await until(() => !isAlive(child));
  });
});

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}
