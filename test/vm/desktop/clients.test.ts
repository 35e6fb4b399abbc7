import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '#test/support/programs.ts';
import { VncViewer } from '#test/support/vnc-viewer.ts';
import { resumeGuest } from '../guest/guest.ts';
import { noDesktop } from '../needs.ts';
import { SpiceClient } from '../spice/client.ts';
import { until } from '../support/wait.ts';
import { agentReady, Desktop, serves } from './desktop.ts';
import { ours } from './pair.ts';
import { DesktopSession } from './session.ts';

/** Takes seconds to cross, under emulation. */
const PICTURE_BYTES = 60_000_000;
/** Long after the first bytes, and long before the last. */
const MIDWAY_MS = 300;
const SOON_MS = 30_000;
/** `timeout` of the coreutils says so. */
const TIMED_OUT = 124;

describe('clients that die', { skip: noDesktop }, () => {
  let desktop: Desktop;

  before(async () => {
    desktop = await Desktop.start(ours);
  });

  after(async () => {
    await desktop?.[Symbol.asyncDispose]();
  });

  /** Another client comes, and the clipboard works both ways. */
  async function nextClient(log: string): Promise<SpiceClient> {
    const client = await SpiceClient.start(desktop.guest.socketOf('spice'), log);
    await agentReady(client);
    await serves({ client }, desktop.alice);
    return client;
  }

  it('a client that dies in the middle of a picture leaves no program of the guest waiting, nor the next client', async () => {
    const { client, alice } = desktop;
    using folder = temporaryFolder();
    const picture = path.join(folder.path, 'picture.png');
    writeFileSync(picture, randomBytes(PICTURE_BYTES));
    await client.copyImage('clipboard', picture);
    await until(SOON_MS, 'the offer', async () => {
      const { stdout } = await alice.try('timeout 10 xclip -o -selection clipboard -t TARGETS');
      return stdout.includes('image/png') || undefined;
    });
    const pasted = alice.try('timeout 60 xclip -o -selection clipboard -t image/png >/tmp/pasted');
    await client.sees(SOON_MS, 'the request', ({ requested }) => requested.clipboard > 0);
    await sleep(MIDWAY_MS);
    await client.kill();
    const { status } = await pasted;
    assert.notEqual(status, TIMED_OUT);
    assert.ok(Number(await alice.run('stat -c %s /tmp/pasted')) < PICTURE_BYTES);

    await using next = await nextClient(path.join(folder.path, 'next.log'));
    await alice.run(
      `head -c ${PICTURE_BYTES} /dev/urandom >/tmp/picture && ` +
        'xclip -i -selection clipboard -t image/png /tmp/picture >/dev/null 2>&1',
    );
    await next.sees(SOON_MS, 'the grab of the guest', (state) => state.guestOwns.clipboard);
    const lost = assert.rejects(next.pasteImage('clipboard'));
    await sleep(MIDWAY_MS);
    await next.kill();
    await lost;
    await using _last = await nextClient(path.join(folder.path, 'last.log'));
  });
});

it("QEMU's own vdagent has the clipboard of the desktop both ways, through VNC", { skip: noDesktop }, async () => {
  await using guest = await resumeGuest({ image: 'desktop', clipboardHost: 'qemu' });
  await ours.start(guest.shell);
  const alice = new DesktopSession(guest.shell, 'alice', ':0');
  using viewer = await VncViewer.open(guest.socketOf('vnc'));
  let round = 0;
  await until(SOON_MS, 'what the viewer copied', async () => {
    const text = `from the viewer ${++round} `.repeat(200);
    viewer.copy(text);
    return (await alice.paste('clipboard')) === text || undefined;
  });
  for (const text of ['from the guest', `a longer one ${'x'.repeat(5000)} ü`]) {
    await alice.copy('clipboard', text);
    await until(SOON_MS, 'the text in the viewer', async () => viewer.texts.includes(text) || undefined);
  }
});
