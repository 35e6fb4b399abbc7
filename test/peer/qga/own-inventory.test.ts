import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type RunningAgent, startSystemAgent } from '#test/support/agents.ts';
import { without } from '#test/support/programs.ts';
import { exchange } from '#test/support/raw-client.ts';

/** What qemu-ga has no words for. */
describe('inventory of this machine in words of our own', () => {
  let agent: RunningAgent;
  before(async () => {
    agent = await startSystemAgent();
  });
  after(() => agent[Symbol.asyncDispose]());

  const ask = async (execute: string, args: object = {}) =>
    JSON.parse(String(await exchange(agent.socket, JSON.stringify({ execute, arguments: args })))).return;

  it('uga-applications: the packages of dpkg-query', { skip: without('dpkg-query') }, async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of dpkg-query
    const format = '${db:Status-Status} ${Package} ${Version}\\n';
    const expected = execFileSync('dpkg-query', ['--show', `--showformat=${format}`], { encoding: 'utf8' })
      .split('\n')
      .flatMap((line) => (line.startsWith('installed ') ? [line.slice('installed '.length)] : []));
    const { packages, 'left-out': leftOut } = (await ask('uga-applications')) as Applications;
    const found = new Set(packages.map(({ name, version }) => `${name} ${version}`));
    assert.deepEqual([expected.filter((one) => !found.has(one)), leftOut], [[], 0]);
    const some = (await ask('uga-applications', { names: ['dpkg', 'no-such-package'] })) as Applications;
    assert.deepEqual(
      some.packages.map(({ name }) => name),
      ['dpkg'],
    );
  });

  it('uga-memory-stats: the total of /proc/meminfo, and counters that have not gone back', async () => {
    const counters = () => /^pgfault (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1];
    const before = Number(counters());
    const told = (await ask('uga-memory-stats')) as Record<string, number>;
    const [, total] = /^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'latin1')) ?? [];
    assert.equal(told.total, Number(total) * 1024);
    const faults = Number(told['page-faults']);
    assert.ok(faults >= before && faults <= Number(counters()));
  });

  const services = ['/run/docker.sock', '/run/podman/podman.sock'].filter((path) => existsSync(path));
  it('uga-containers: none without a container service', { skip: services.length > 0 }, async () => {
    assert.deepEqual(await ask('uga-containers'), []);
  });
});

interface Applications {
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  readonly 'left-out': number;
}
