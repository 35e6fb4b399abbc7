import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ourProgram, safeEnvironment } from '#test/support/agents.ts';
import { childrenOf } from '#test/support/processes.ts';
import { Program, temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

it('uga demo without a terminal prints what our agent says about this machine, and ends with 0', async () => {
  await using demo = new Program(ourProgram('demo'), { ...safeEnvironment(), DISPLAY: undefined });
  assert.deepEqual(await demo.exited, { code: 0, signal: null });
  assert.equal(demo.stderr, '');
  assert.match(demo.stdout, /\nagent {7}version \S+, [1-9]\d* of \d+ commands enabled\n/);
  assert.match(demo.stdout, /\ninterfaces {2}lo: /);
  assert.match(demo.stdout, /\nmemory {6}\d+ MiB free of \d+ MiB, /);
  assert.match(demo.stdout, /\nactive user \S/);
  assert.match(demo.stdout, /\noffers {6}.*clipboard-by-demand/);
  assert.match(demo.stdout, /\nclipboard {3}nothing copied in the guest\n/);
  assert.doesNotMatch(demo.stdout, /not available/);
  assert.match(demo.stdout, /\n\nDemo mode: commands that change anything answer "refused in demo mode"\.\n$/);
});

it('an agent of a demo that is killed ends too', async () => {
  using folder = temporaryFolder();
  const environment = { ...safeEnvironment(), DISPLAY: undefined, XDG_RUNTIME_DIR: folder.path };
  await using demo = new Program(ourProgram('demo'), environment);
  await until(() => childrenOf(demo.pid).length > 0);
  const [agent = 0] = childrenOf(demo.pid);
  demo.kill('SIGKILL');
  await demo.exited;
  await until(() => !isAlive(agent), 'the agent ends');
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
