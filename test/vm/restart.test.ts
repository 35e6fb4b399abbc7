import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pidOf, product } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import type { Machine } from './guest/machine.ts';
import { QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';
import { LineSocket } from './support/line-socket.ts';
import { until } from './support/wait.ts';

const SOON_MS = 30_000;
/** For what must not happen: systemd and the agent have settled long before. */
const QUIET_MS = 4_000;

/** One guest for all, and an order: each test finds the agent running and leaves it so. */
describe('the units in a guest', { skip: noGuests }, () => {
  let guest: Machine;
  let host: QgaClient;
  const run = (command: string) => guest.shell.run(command);
  const show = (property: string, unit = product.unit) => run(`systemctl show --property=${property} --value ${unit}`);
  const pid = () => pidOf(guest.shell, product);
  const answers = async () => assert.deepEqual(await host.ask('guest-ping'), { return: {} });
  const replaced = (before: number) =>
    until(SOON_MS, 'another process', async () => {
      const now = await pid();
      return now !== 0 && now !== before && (await show('SubState')) === 'running' ? now : undefined;
    });
  /** Whether the host's side saw a port that outlives the agent closed or opened by what `act` does. */
  const isSeen = async (act: () => Promise<unknown>, timeoutMs = QUIET_MS) => {
    const change = guest.qmp
      .event('VSERPORT_CHANGE', timeoutMs, ({ id }) => id !== 'port-vdagent')
      .then(
        () => true,
        () => false,
      );
    await act();
    return change;
  };
  const inputNode = () => run("grep -A4 'spice vdagent tablet' /proc/bus/input/devices | grep -o 'Sysfs=.*'");

  before(async () => {
    guest = await resumeGuest();
  });

  after(async () => {
    host?.[Symbol.dispose]();
    await guest?.[Symbol.asyncDispose]();
  });

  it('the ports are for root alone, and kept by systemd', async () => {
    assert.equal(await isSeen(() => product.start(guest.shell), SOON_MS), true); // so that what is not seen later did not happen
    await run('sleep 2'); // a host that comes while the port is being opened may have to ask twice
    host = await QgaClient.connect(guest.socketOf('qga'));
    await answers();
    assert.equal(await run('stat -L -c "%a %U" /dev/virtio-ports/org.qemu.guest_agent.0'), '600 root');
    assert.equal(await show('StatusText'), 'qga connected, ovirt waiting, vdagent waiting');
    assert.equal(Number(await show('NFileDescriptorStore')), 4);
  });

  for (const [what, act] of [
    ['a restart', `systemctl restart ${product.unit}`],
    ['kill -9', `kill -9 $(systemctl show --property=MainPID --value ${product.unit})`],
    ['a restart by its former name', 'systemctl restart qemu-guest-agent.service'],
  ] as const) {
    it(`${what} is no disconnect for the host, and the pointer stays`, async () => {
      const before = await pid();
      const input = await inputNode();
      assert.equal(await isSeen(() => run(act)), false);
      await replaced(before);
      await answers();
      assert.equal(await inputNode(), input);
      assert.equal(Number(await show('NFileDescriptorStore')), 4);
    });
  }

  it('an agent that dies in the middle of a request is a disconnect, so that nobody waits for its answer', async () => {
    const before = await pid();
    using half = await LineSocket.connect(guest.socketOf('ovirt'), SOON_MS);
    await half.find(SOON_MS, 'a heartbeat', () => true);
    half.write('{"__name__": "ec');
    await until(SOON_MS, 'the half to be read', async () => {
      const flags = await run(`cat /proc/${before}/fdinfo/* 2>/dev/null | grep -c '^flags:.*6002$' || true`);
      return Number(flags) > 0 || undefined;
    });
    assert.equal(await isSeen(() => run(`kill -9 ${before}`), SOON_MS), true);
    await replaced(before);
    await answers();
  });

  it('an agent that hangs is killed by the watchdog, which is no disconnect either', async () => {
    await run(`mkdir -p /run/systemd/system/${product.unit}.d
      printf '[Service]\\nWatchdogSec=2s\\n' >/run/systemd/system/${product.unit}.d/test.conf
      systemctl daemon-reload && systemctl restart ${product.unit}`);
    await answers();
    const before = await pid();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    assert.equal(await pid(), before); // it beats
    await run(`kill -STOP ${before}`);
    await replaced(before);
    await answers();
    assert.match(await run(`journalctl --unit=${product.unit} --output=cat`), /[Ww]atchdog timeout/);
  });

  it("what an administrator has added to qemu-ga's unit does not start another program", async () => {
    await run(`mkdir -p /etc/systemd/system/qemu-guest-agent.service.d
      printf '[Service]\\nType=simple\\nExecStart=\\nExecStart=/usr/sbin/qemu-ga -b guest-exec\\n' \
        >/etc/systemd/system/qemu-guest-agent.service.d/override.conf
      systemctl daemon-reload`);
    const before = await pid();
    await run('systemctl restart qemu-guest-agent');
    await replaced(before);
    await answers();
    assert.equal((await guest.shell.try('pgrep -x qemu-ga')).status, 1);
    for (const name of ['qemu-guest-agent', 'ovirt-guest-agent', 'spice-vdagentd']) {
      assert.equal(await run(`systemctl is-active ${name}`), 'active');
    }
  });

  it('a stop closes the ports, ends with 0 and listens no more', async () => {
    assert.equal(await isSeen(() => run('systemctl stop qemu-guest-agent'), SOON_MS), true);
    assert.equal(await show('ActiveState'), 'inactive');
    assert.equal(await show('Result'), 'success');
    assert.equal(await show('ExecMainStatus'), '0');
    assert.equal(Number(await show('NFileDescriptorStore')), 0);
    // The guard's socket is systemd's. The name of the link's stays, for systemd keeps that socket over a restart.
    assert.equal(await run("awk '{ print $8 }' /proc/net/unix | grep ^/run/uga/"), '/run/uga/freeze-guard.sock');
  });
});
