import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { product as agent } from './guest/agents.ts';
import { Domain } from './libvirt/domain.ts';
import { Libvirt } from './libvirt/libvirt.ts';
import { accounts } from './libvirt/words/accounts.ts';
import { extensions } from './libvirt/words/extensions.ts';
import { information } from './libvirt/words/information.ts';
import { life } from './libvirt/words/life.ts';
import { machine } from './libvirt/words/machine.ts';
import { snapshot } from './libvirt/words/snapshot.ts';
import { noLibvirt } from './needs.ts';

/** virsh's words for the agent. One boot for all: each leaves the guest usable, and the last ends it. */
describe('libvirt', { skip: noLibvirt }, () => {
  let libvirt: Libvirt;
  let domain: Domain;

  before(async () => {
    libvirt = await Libvirt.start();
    domain = await Domain.boot(libvirt, 'lab');
    await agent.start(domain.shell);
    await domain.channelBecomes('connected', 30_000);
  });

  after(async () => {
    await domain?.[Symbol.asyncDispose]();
    await libvirt?.[Symbol.asyncDispose]();
  });

  it('qemu-agent-command', async () => {
    assert.deepEqual(await domain.ask({ execute: 'guest-ping' }), {});
  });

  information(() => domain);
  machine(() => domain);
  extensions(() => domain);
  accounts(() => ({ libvirt, domain }));
  snapshot(() => ({ libvirt, domain }));
  life(() => ({ libvirt, domain }));
});
