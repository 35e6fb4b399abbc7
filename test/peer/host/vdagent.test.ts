import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ourProgram, safeEnvironment } from '#test/support/agents.ts';
import { Program, without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';
import { startVdagentd, u32, type Vdagentd } from '#test/support/vdagentd.ts';

/** Of the daemon's own socket. Source: vdagentd-proto.h. */
const SESSION = { MONITORS: 1, GRAB: 2, REQUEST: 3, DATA: 4 };
const TEXT = 1;

function host({ path }: Vdagentd, ...words: string[]): Program {
  return new Program([...ourProgram('host'), 'vdagent', '--connect', path, ...words], safeEnvironment());
}

describe('uga host vdagent and spice-vdagentd', { skip: without('spice-vdagentd') }, () => {
  it('agree on what the guest can do', async () => {
    await using guest = await startVdagentd();
    await using program = host(guest, 'capabilities');
    assert.deepEqual(await program.exited, { code: 0, signal: null });
    assert.match(program.stdout, /^mouse-state\nmonitors-config\nreply\nclipboard-by-demand\n/);
  });

  it('bring text from the guest', async () => {
    await using guest = await startVdagentd();
    await using program = host(guest, 'clipboard', 'get');
    await until(() => {
      guest.say(SESSION.GRAB, 0, 0, u32(TEXT)); // as soon as there is a client; grabs before that are not told
      const request = guest.told.find(({ type }) => type === SESSION.REQUEST);
      if (request) guest.say(SESSION.DATA, 0, TEXT, Buffer.from('from the guest\n'));
      return request !== undefined;
    });
    assert.deepEqual(await program.exited, { code: 0, signal: null });
    assert.equal(program.stdout, 'from the guest\n');
  });

  it('bring text into the guest', async () => {
    await using guest = await startVdagentd();
    await using program = host(guest, 'clipboard', 'set', 'from the client', '--once');
    await until(() => guest.told.some(({ type }) => type === SESSION.GRAB));
    guest.say(SESSION.REQUEST, 0, TEXT);
    assert.deepEqual(await program.exited, { code: 0, signal: null });
    await until(() => guest.told.some(({ type }) => type === SESSION.DATA));
    const data = guest.told.find(({ type }) => type === SESSION.DATA)?.data;
    assert.equal(data?.toString(), 'from the client');
  });

  it('agree on monitors, and the guest replies', async () => {
    await using guest = await startVdagentd();
    await using program = host(guest, 'monitors', '1280x800', '800x600');
    assert.deepEqual(await program.exited, { code: 0, signal: null });
    assert.equal(program.stderr, 'monitors: the guest says that it took them\n');
    const told = guest.told.find(({ type }) => type === SESSION.MONITORS)?.data;
    assert.deepEqual(told?.subarray(8, 16), u32(800, 1280)); // height comes first
  });
});
