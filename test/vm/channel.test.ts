import assert from 'node:assert/strict';
import { it } from 'node:test';
import { product as agent } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import { QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';
import { LineSocket } from './support/line-socket.ts';

it('a host that goes and comes back finds the agent answering', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  await agent.start(guest.shell);
  for (let visit = 0; visit < 3; visit++) {
    using host = await QgaClient.connect(guest.socketOf('qga'));
    assert.deepEqual(await host.ask('guest-ping'), { return: {} });
  }
});

it('half a request of a host that left does not spoil the next one', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  await agent.start(guest.shell);
  {
    using host = await LineSocket.connect(guest.socketOf('qga'), 10_000);
    host.write('{"execute": "guest-');
  }
  using host = await QgaClient.connect(guest.socketOf('qga'));
  assert.deepEqual(await host.ask('guest-ping'), { return: {} });
});

it('a host that was there before the agent is answered once it starts', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  const early = QgaClient.connect(guest.socketOf('qga'));
  await agent.start(guest.shell);
  using host = await early;
  assert.deepEqual(await host.ask('guest-ping'), { return: {} });
});
