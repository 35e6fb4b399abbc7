import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { product } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import type { Machine } from './guest/machine.ts';
import { QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';
import { Vdsm } from './ovirt/vdsm.ts';

const SOON_MS = 60_000;
const DROP_IN = `/etc/systemd/system/${product.unit}.d/50-uga-policy.conf`;

/** systemd carries out what `uga policy apply` has written, and the agent works in it. */
describe('a policy with its hardening in a guest', { skip: noGuests }, () => {
  let guest: Machine;

  before(async () => {
    guest = await resumeGuest();
    await product.start(guest.shell);
  });

  after(async () => {
    await guest?.[Symbol.asyncDispose]();
  });

  async function apply(profile: string): Promise<void> {
    await guest.shell.run(
      `uga policy apply ${profile} && systemctl daemon-reload && systemctl restart ${product.unit}`,
    );
  }

  for (const profile of ['minimal', 'desktop', 'observe', 'confidential', 'backup-only']) {
    it(`${profile}: both doors answer, and what is denied is`, async () => {
      await apply(profile);
      using host = await QgaClient.connect(guest.socketOf('qga'));
      assert.deepEqual(await host.ask('guest-ping'), { return: {} });
      using vdsm = await Vdsm.connect(guest.socketOf('ovirt'));
      await vdsm.newest('heartbeat', SOON_MS);
      const { error } = (await host.ask('guest-exec', { path: '/bin/true' })) as { error?: { desc: string } };
      assert.match(error?.desc ?? '', new RegExp(`^Command guest-exec has been disabled: profile ${profile} `));
      assert.match(await guest.shell.run('uga status'), new RegExp(`profile ${profile}`));
    });
  }

  it('desktop has a read-only view of the system and no needless right', async () => {
    await apply('desktop');
    const pid = await guest.shell.run(`systemctl show --property=MainPID --value ${product.unit}`);
    assert.match(await guest.shell.run(`grep ' / / ' /proc/${pid}/mountinfo`), / \/ \/ ro,/);
    const rights = await guest.shell.run(`sed -n 's/^CapEff:\t*//p' /proc/${pid}/status`);
    assert.notEqual(rights, await guest.shell.run("sed -n 's/^CapEff:\t*//p' /proc/1/status"));
  });

  it('backup-only freezes and thaws', async () => {
    await apply('backup-only');
    using host = await QgaClient.connect(guest.socketOf('qga'));
    assert.deepEqual(await host.ask('guest-fsfreeze-freeze'), { return: 1 });
    assert.deepEqual(await host.ask('guest-fsfreeze-thaw'), { return: 1 });
  });

  it('full takes it all back', async () => {
    await apply('full');
    assert.equal((await guest.shell.try(`test -e ${DROP_IN}`)).status, 1);
    using host = await QgaClient.connect(guest.socketOf('qga'));
    const { return: started } = (await host.ask('guest-exec', { path: '/bin/true' })) as { return?: { pid: number } };
    assert.ok((started?.pid ?? 0) > 0);
  });
});
