import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { it } from 'node:test';
import { QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';
import { until, within } from './support/wait.ts';

const START_TIMEOUT_MS = 600_000; // it may have to make the image
const END_TIMEOUT_MS = 30_000;

it('npm run vm starts a guest with the agent, says how to reach it and ends with Ctrl-C', {
  skip: noGuests,
}, async () => {
  const started = await startConsole();
  assert.ok(existsSync(`/proc/${started.qemu}`));
  {
    using host = await QgaClient.connect(started.socket);
    assert.deepEqual(await host.ask('guest-ping'), { return: {} });
  }
  started.child.kill('SIGINT');
  const [code] = await within(END_TIMEOUT_MS, 'npm run vm to end', once(started.child, 'exit'));
  assert.equal(code, 0);
  assert.ok(!existsSync(`/proc/${started.qemu}`), 'QEMU is gone');
  assert.ok(!existsSync(started.socket), 'the folder of the guest is gone');
});

it('a killed driver takes its QEMU with it', { skip: noGuests }, async () => {
  const started = await startConsole();
  started.child.kill('SIGKILL');
  await until(END_TIMEOUT_MS, 'the end of QEMU', async () => !existsSync(`/proc/${started.qemu}`) || undefined);
  await rm(path.dirname(started.socket), { recursive: true }); // which a killed driver cannot do
});

interface Started {
  readonly child: ChildProcess;
  readonly socket: string;
  readonly qemu: number;
}

async function startConsole(): Promise<Started> {
  const child = spawn('node', ['test/vm/console.js'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const said = await until(START_TIMEOUT_MS, 'the directions of npm run vm', async () => {
    assert.equal(child.exitCode, null, text);
    return /as process (?<qemu>\d+)[\s\S]*--connect (?<socket>\S+)[\s\S]*Ctrl-C/.exec(text)?.groups;
  });
  return { child, socket: said.socket ?? '', qemu: Number(said.qemu) };
}
