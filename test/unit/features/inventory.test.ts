import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { AgentError } from '#shared/errors.ts';
import { runProgram } from '#shared/process/node.ts';
import type { Run, RunResult } from '#shared/process/run.ts';
import { linuxInventory } from '#system-agent/inventory/linux.ts';

const saying =
  (result: Partial<RunResult>): Run =>
  async () => ({ status: 0, signal: undefined, output: '', ...result });

describe('the full host name', () => {
  it('is what hostname -f prints here', async () => {
    let known: string;
    try {
      known = execFileSync('hostname', ['-f'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      known = os.hostname(); // hostname -f fails for a name that does not resolve
    }
    assert.equal(await linuxInventory(runProgram, undefined).fullHostName(), known);
  });

  it('is the host name alone when the resolver fails, says nonsense or takes too long', async () => {
    const runs: Run[] = [
      saying({ status: 1, output: 'hostname: Temporary failure in name resolution\n' }),
      saying({ output: '' }),
      saying({ output: 'two words\n' }),
      saying({ output: `${'x'.repeat(256)}\n` }),
      () => Promise.reject(new AgentError('timeout', 'hostname did not end within 5 s')),
    ];
    for (const run of runs) assert.equal(await linuxInventory(run, undefined).fullHostName(), os.hostname());
  });

  it('is looked up once for all who ask meanwhile, and again afterwards', async () => {
    let runs = 0;
    const run: Run = async () => ({ status: 0, signal: undefined, output: `vm${++runs}.example.org\n` });
    const inventory = linuxInventory(run, undefined);
    assert.deepEqual(await Promise.all([inventory.fullHostName(), inventory.fullHostName()]), [
      'vm1.example.org',
      'vm1.example.org',
    ]);
    assert.equal(await inventory.fullHostName(), 'vm2.example.org');
  });
});

describe('the operating system', () => {
  it('has a code name or a build where os-release gives one', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'uga-inventory-'));
    try {
      const file = path.join(folder, 'os-release');
      writeFileSync(file, 'NAME="Arch Linux"\nBUILD_ID=rolling\nVERSION_CODENAME=plucky\n');
      const { buildId, versionCodename, versionId } = linuxInventory(saying({}), file).operatingSystem();
      assert.deepEqual(
        { buildId, versionCodename, versionId },
        {
          buildId: 'rolling',
          versionCodename: 'plucky',
          versionId: undefined,
        },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
