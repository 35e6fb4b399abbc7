import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '#test/support/programs.ts';
import { VncViewer } from '#test/support/vnc-viewer.ts';
import { resumeGuest } from '../guest/guest.ts';
import { noDesktop } from '../needs.ts';
import { SpiceClient } from '../spice/client.ts';
import { noRemoteViewer, RemoteViewer } from '../spice/remote-viewer.ts';
import { until } from '../support/wait.ts';
import { agentReady, Desktop, serves } from './desktop.ts';
import { ours } from './pair.ts';
import { DesktopSession } from './session.ts';

/** Takes seconds to cross, under emulation. */
const PICTURE_BYTES = 60_000_000;
/** Long after the first bytes, and long before the last. */
const MIDWAY_MS = 300;
/** What a user marks of a screen. */
const SCREENSHOT_BYTES = 2_000_000;
const SOON_MS = 30_000;
/** `timeout` of the coreutils says so. */
const TIMED_OUT = 124;

describe('clients that die, and the client that users have', { skip: noDesktop }, () => {
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
    await offersPicture(alice);
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

  it('remote-viewer: text, marked text and pictures both ways, also after one was killed in the middle', {
    skip: noRemoteViewer,
  }, async () => {
    const { alice, guest } = desktop;
    const socket = guest.socketOf('spice');
    for (const name of ['the first viewer', 'the second viewer']) {
      await using viewer = await RemoteViewer.start(socket);
      // What is copied before the viewer has its agent is not told; that it shows what the guest copied says that it has.
      for (const selection of ['clipboard', 'primary'] as const) {
        const ofGuest = `the guest's ${selection} for ${name}: 世界\nsecond line`;
        await alice.copy(selection, ofGuest);
        await until(SOON_MS, `the ${selection} of the guest in ${name}`, async () => {
          return (await viewer.paste(selection))?.toString() === ofGuest || undefined;
        });
        const ofClient = `the ${selection} of ${name}: ü\nsecond line`;
        await using _copying = viewer.copy(selection, ofClient);
        await until(SOON_MS, `the ${selection} of ${name} in the guest`, async () => {
          return (await alice.paste(selection)) === ofClient || undefined;
        });
      }

      const sum = await alice.run(
        `head -c ${SCREENSHOT_BYTES} /dev/urandom | tee /tmp/shot | sha256sum && ` +
          'xclip -i -selection clipboard -t image/png /tmp/shot >/dev/null 2>&1',
      );
      const shot = await until(SOON_MS, 'the picture of the guest', () => viewer.paste('clipboard', 'image/png'));
      assert.ok(sum.startsWith(sha256(shot)));

      const isKilled = name === 'the first viewer';
      const picture = randomBytes(isKilled ? PICTURE_BYTES : SCREENSHOT_BYTES);
      await using _copying = viewer.copy('clipboard', picture, 'image/png');
      await offersPicture(alice);
      const pasted = alice.try('timeout 60 xclip -o -selection clipboard -t image/png >/tmp/pasted');
      if (isKilled) {
        await sleep(MIDWAY_MS);
        await viewer.kill();
      }
      assert.notEqual((await pasted).status, TIMED_OUT);
      const isWhole = (await alice.run('sha256sum </tmp/pasted')).startsWith(sha256(picture));
      assert.equal(isWhole, !isKilled);
    }
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

async function offersPicture(session: DesktopSession): Promise<void> {
  await until(SOON_MS, 'the offer of a picture', async () => {
    const { stdout } = await session.try('timeout 10 xclip -o -selection clipboard -t TARGETS');
    return stdout.includes('image/png') || undefined;
  });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
