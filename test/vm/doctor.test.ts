import assert from 'node:assert/strict';
import { it } from 'node:test';
import { original, pidOf, product, stopAgent } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import type { Machine } from './guest/machine.ts';
import { QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';

interface Report {
  readonly well: boolean;
  readonly findings: readonly { readonly check: string; readonly level: string; readonly text: string }[];
}

const UGA = 'uga';

async function examine(guest: Machine): Promise<Report> {
  const { stdout, stderr } = await guest.shell.try(`${UGA} doctor --json`);
  assert.equal(stderr, '');
  return JSON.parse(stdout) as Report;
}

const levels = ({ findings }: Report, wanted: string) =>
  findings.filter(({ check }) => check === wanted).map(({ level }) => level);

it('uga doctor in a guest with ports is content as root, and says who holds a port', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  await guest.shell.run(`date --set=@${Math.floor(Date.now() / 1000)}`); // a saved machine lives in the past
  await product.start(guest.shell);
  using host = await QgaClient.connect(guest.socketOf('qga'));
  assert.deepEqual(await host.ask('guest-ping'), { return: {} });
  const report = await examine(guest);
  assert.ok(report.well, JSON.stringify(report, undefined, 2));
  for (const check of ['ports', 'holders']) assert.deepEqual(levels(report, check), ['ok', 'ok', 'ok']);
  for (const check of ['agent', 'bus', 'uinput', 'unit']) assert.deepEqual(levels(report, check), ['ok'], check);
  assert.ok(report.findings.some(({ text }) => text === 'qga: a host is connected'));
  const status = await guest.shell.run(`${UGA} status`);
  assert.match(status, new RegExp(`process ${await pidOf(guest.shell, product)},`));
  assert.match(status, /last guest-ping/);
  const asAlice = await guest.shell.try(`runuser -u alice -- ${UGA} doctor`);
  assert.match(asAlice.stdout, /^\? +holders .*as root$/m);
  assert.doesNotMatch(asAlice.stdout, /^FAIL/m);

  host[Symbol.dispose]();
  await stopAgent(guest.shell, product);
  await original.start(guest.shell);
  const theirs = await guest.shell.try(`${UGA} doctor`);
  assert.equal(theirs.status, 1);
  assert.match(theirs.stdout, /^FAIL +holders +qga: qemu-ga \(process \d+\) holds \/dev\/vport\S+; stop it/m);
  assert.match(theirs.stdout, /^FAIL +agent .*; start it/m);
});

it('uga doctor without the wanted ports prints what adds them', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  const config = '[channels]\\nqga=virtio:a.0\\novirt=virtio:b.0\\nvdagent=virtio:c.0\\n';
  await guest.shell.run(`printf '${config}' > /root/uga.conf`);
  const { status, stdout } = await guest.shell.try(`${UGA} doctor --config /root/uga.conf`);
  assert.equal(status, 1);
  assert.match(stdout, /^FAIL +ports .*as shown below$/m);
  assert.match(stdout, /<target type='virtio' name='org\.qemu\.guest_agent\.0'\/>/);
  assert.match(stdout, /-device virtserialport,chardev=qga,name=org\.qemu\.guest_agent\.0/);
});
