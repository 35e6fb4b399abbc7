import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CREDENTIAL_SOCKET } from '#protocol/ovirt/credential-block.ts';
import { session } from '#test/fakes/sessions.ts';
import { PrivateBus } from '#test/support/dbus/daemon.ts';
import { without } from '#test/support/programs.ts';
import { PamLab, withoutOriginal } from '#test/support/sso/pam.ts';
import { SsoRig } from '#test/support/sso/rig.ts';

const notRoot = process.geteuid?.() === 0 ? false : 'not root';

const greeter = session({ id: 'c1', uid: 102, user: 'Debian-gdm', class: 'greeter' });
const locked = session({ id: '2', locked: true, service: 'gdm-password' });
const ASKED = 'asked 1 Token?';
const UNKNOWN = 'result User not known to the underlying authentication module';
/** 256 bytes are what the original reads: length, user, password and its NUL. */
const LONGEST = 'x'.repeat(256 - 4 - 'alice'.length - 1);

/** The original's socket has one name in each network namespace, so that whoever has it here keeps these tests out. */
describe('pam_ovirt_cred, as it is', { skip: withoutOriginal || without('dbus-daemon') || notRoot }, () => {
  let lab: PamLab;

  before(() => {
    lab = new PamLab('unused');
    lab.addOriginal();
    lab.service('greeter', 'auth requisite ORIGINAL', 'auth required TEST show');
  });
  after(() => lab[Symbol.dispose]());

  it('takes user and password from our agent, up to what it reads', async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [greeter], { socket: CREDENTIAL_SOCKET })).ready();
    for (const password of ['secret', 'pässwörd €', LONGEST]) {
      await rig.login('alice@internal-authz', password);
      const token = await rig.token();
      const lines = await lab.authenticate('greeter', undefined, token);
      assert.deepEqual(lines, [ASKED, `password ${password}`, 'result Success', 'user alice']);
      assert.deepEqual((await lab.authenticate('greeter', undefined, token)).slice(0, 2), [ASKED, UNKNOWN], 'once');
    }
    await rig.login();
    assert.deepEqual((await lab.authenticate('greeter', undefined, '123456')).slice(0, 2), [ASKED, UNKNOWN]);
  });

  it("unlocks its user's session, and no other's", async () => {
    await using bus = await new PrivateBus().start();
    await using rig = await (await SsoRig.start(bus, [locked], { socket: CREDENTIAL_SOCKET })).ready();
    await rig.login();
    assert.match((await lab.authenticate('greeter', 'alice', await rig.token())).join(), /result Success,user alice/);
    await rig.login();
    const lines = await lab.authenticate('greeter', 'bob', await rig.token());
    assert.match(lines.join(), /cannot retrieve user credentials,user bob/);
  });
});
