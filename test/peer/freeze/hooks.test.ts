import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, it } from 'node:test';
import { MemoryLog } from '#shared/log/memory.ts';
import { linuxFreezeHooks } from '#system-agent/freeze/hooks/linux.ts';
import type { HookPlaces } from '#system-agent/freeze/hooks/plan.ts';
import { temporaryFolder, until } from '#test/support/programs.ts';

const OWNER = process.getuid?.() ?? 0;

/** Harmless shell scripts in a private folder, which is all that these hooks know. */
function hooksIn(
  folder: string,
  options: { readonly timeoutMs?: number; readonly script?: HookPlaces['script'] } = {},
) {
  const { timeoutMs = 10_000, script } = options;
  const directory = `${folder}/freeze.d`;
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const log = new MemoryLog();
  const hooks = linuxFreezeHooks({
    places: { script, directory },
    timeoutMs,
    umask: 0o022,
    trust: { owner: OWNER, top: folder },
    log,
  });
  return {
    hooks,
    directory,
    freeze: (signal = new AbortController().signal) => hooks.freeze(signal),
    write: (name: string, text: string) => writeScript(`${directory}/${name}`, text),
    outputs: () => log.lines.map(({ fields }) => fields.output),
  };
}

function writeScript(file: string, text: string): string {
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

const isRunning = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

describe('freeze hooks as processes', () => {
  it('get the phase and nothing else: no input, the umask, a session of their own, an output that opens again', async () => {
    using folder = temporaryFolder();
    const { hooks, write, freeze, outputs } = hooksIn(folder.path);
    const environment = 'tr "\\0" "\\n" </proc/$$/environ | cut -d= -f1 | sort | paste -sd" "';
    const session = 'ps -o sid= -p $$ | tr -d " "; echo $$';
    write('a', `echo "$# $1"; cat; umask; pwd; ${environment}; echo again >/dev/stdout; ${session}`);
    await freeze();
    const [phase, umask, cwd, names, again, sid, pid] = String(outputs()[0]).split('\n');
    assert.deepEqual([phase, umask, cwd, names, again], ['1 freeze', '0022', '/', 'HOME LC_ALL PATH', 'again']);
    assert.equal(sid, pid);
    await hooks.thaw();
    assert.match(String(outputs()[1]), /^1 thaw\n/);
  });

  it('one that fails names itself and its last words', async () => {
    using folder = temporaryFolder();
    const { write, freeze, directory } = hooksIn(folder.path);
    write('a', 'echo "$1" >>"$0.calls"');
    write('b', 'if [ "$1" = freeze ]; then echo the database is away >&2; exit 7; fi; echo "$1" >>"$0.calls"');
    const words = `fsfreeze hook '${directory}/b' has failed: status 7: the database is away`;
    await assert.rejects(freeze(), { message: words });
    assert.equal(readFileSync(`${directory}/a.calls`, 'utf8'), 'freeze\nthaw\n');
    assert.equal(readFileSync(`${directory}/b.calls`, 'utf8'), 'thaw\n');
  });

  it('one that hangs is killed with its children', async () => {
    using folder = temporaryFolder();
    const { write, freeze, directory } = hooksIn(folder.path, { timeoutMs: 500 });
    write('a', '[ "$1" = thaw ] && exit; trap "" TERM; sleep 1000 & echo $! >"$0.child"; wait');
    await assert.rejects(freeze(), /has failed: no end within 0.5 s/);
    const child = Number(readFileSync(`${directory}/a.child`, 'utf8'));
    await until(() => !isRunning(child), 'the end of the child');
  });

  it('one that runs when the freeze is cancelled is killed', async () => {
    using folder = temporaryFolder();
    const { write, freeze, directory } = hooksIn(folder.path);
    write('a', '[ "$1" = thaw ] && exit; echo $$ >"$0.pid.new"; mv "$0.pid.new" "$0.pid"; exec sleep 1000');
    const cancel = new AbortController();
    const frozen = freeze(cancel.signal);
    await until(() => existsSync(`${directory}/a.pid`), 'the hook');
    cancel.abort();
    await assert.rejects(frozen, /cancelled/);
    assert.equal(isRunning(Number(readFileSync(`${directory}/a.pid`, 'utf8'))), false);
  });

  it('one that leaves a program behind which holds its output does not keep us, and that may write until the thaw', {
    timeout: 20_000,
  }, async () => {
    using folder = temporaryFolder();
    const { hooks, write, freeze, directory } = hooksIn(folder.path);
    write(
      'a',
      `[ "$1" = thaw ] && { touch "$0.go"; while ! [ -e "$0.wrote" ]; do sleep 0.05; done; exit; }
       (while ! [ -e "$0.go" ]; do sleep 0.05; done; echo still here && touch "$0.wrote") &
       echo locked`,
    );
    const [result] = await freeze();
    assert.equal(result?.outcome, 'done');
    const [thawed] = await hooks.thaw();
    assert.equal(thawed?.outcome, 'done');
    assert.ok(existsSync(`${directory}/a.wrote`));
  });

  it('a flood of output is cut, and does not stop the hook', async () => {
    using folder = temporaryFolder();
    const { write, freeze, outputs } = hooksIn(folder.path);
    write('a', 'head -c 5000000 /dev/zero | tr "\\0" x');
    const [result] = await freeze();
    assert.equal(result?.outcome, 'done');
    assert.equal(String(outputs()[0]).length, 4096);
  });

  it('one that dies of a signal is told so', async () => {
    using folder = temporaryFolder();
    const { write, freeze } = hooksIn(folder.path);
    write('a', '[ "$1" = thaw ] || kill -SEGV $$');
    await assert.rejects(freeze(), /has failed: killed by SIGSEGV/);
  });

  it('a script that was asked for and is not there, or not executable, is an error', async () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/hook`;
    const { freeze } = hooksIn(folder.path, { script: { path, required: true } });
    await assert.rejects(freeze(), { message: `can't access fsfreeze hook '${path}': No such file or directory` });
    chmodSync(writeScript(path, 'true'), 0o644);
    await assert.rejects(freeze(), { message: `can't access fsfreeze hook '${path}': Permission denied` });
  });

  it("the distributions' script and our folder: every hook once", async () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/fsfreeze-hook`;
    const { hooks, write, freeze, directory } = hooksIn(folder.path, { script: { path, required: false } });
    mkdirSync(`${path}.d`, { mode: 0o755 });
    const calls = `${folder.path}/calls`;
    const note = (name: string) => `echo "${name} $1" >>${calls}`;
    writeScript(path, 'for file in "$0.d"/*; do "$file" "$1"; done; exit 0');
    writeScript(`${path}.d/x`, note('x'));
    symlinkSync(`${path}.d/x`, `${directory}/10-x`);
    write('20-y', note('y'));
    await freeze();
    await hooks.thaw();
    assert.equal(readFileSync(calls, 'utf8'), 'x freeze\ny freeze\ny thaw\nx thaw\n');
  });

  it('what others may write is not run, nor a script beside such a file', async () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/fsfreeze-hook`;
    const { write, freeze, hooks } = hooksIn(folder.path, { script: { path, required: true } });
    mkdirSync(`${path}.d`, { mode: 0o755 });
    writeScript(path, `touch ${folder.path}/ran`);
    chmodSync(writeScript(`${path}.d/x`, 'true'), 0o775);
    chmodSync(write('a', `touch ${folder.path}/ran`), 0o757);
    const results = await freeze();
    await hooks.thaw();
    assert.deepEqual(
      results.map(({ outcome, detail }) => [outcome, detail]),
      [
        ['refused', `${path}.d/x may be written by others`],
        ['refused', `${folder.path}/freeze.d/a may be written by others`],
      ],
    );
    assert.ok(!existsSync(`${folder.path}/ran`));
  });

  it('a hook that became a link into a folder of others since the last freeze is refused', async () => {
    using folder = temporaryFolder();
    const { write, freeze, hooks, directory } = hooksIn(folder.path);
    const hook = write('a', 'true');
    assert.equal((await freeze())[0]?.outcome, 'done');
    mkdirSync(`${folder.path}/open`);
    chmodSync(`${folder.path}/open`, 0o777);
    renameSync(hook, `${folder.path}/open/a`);
    symlinkSync('../open/a', `${directory}/a`);
    const refused = ['refused', `${folder.path}/open may be written by others`];
    for (const [result] of [await hooks.thaw(), await freeze()]) {
      assert.deepEqual([result?.outcome, result?.detail], refused);
    }
  });

  it('links without end, and a hook of another user, are refused', { skip: OWNER !== 0 && 'not root' }, async () => {
    using folder = temporaryFolder();
    const { write, freeze } = hooksIn(folder.path);
    chownSync(write('a', 'true'), 1, 1);
    const [result] = await freeze();
    assert.match(result?.detail ?? '', /belongs to user 1$/);
  });
});
