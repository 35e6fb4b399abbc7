import assert from 'node:assert/strict';
import { it } from 'node:test';
import { resumeGuest } from './guest/guest.ts';
import { IMAGES } from './image/recipe.ts';
import { noGuests } from './needs.ts';

/** Those that more than one test has; the others take minutes to build (`LONG` in test/run.js). */
const SHARED = ['bookworm', 'trixie', 'desktop'] as const;

for (const image of SHARED) {
  it(`a ${image} guest has the product installed, and no other Node`, { skip: noGuests }, async () => {
    await using guest = await resumeGuest({ image });
    assert.match(await guest.shell.run('cat /etc/os-release'), new RegExp(`VERSION_CODENAME=${IMAGES[image].suite}`));
    assert.match(await guest.shell.run('uga --version'), /^uga \d/);
    assert.notEqual((await guest.shell.try('command -v node')).status, 0);
  });
}

it('the root shell gives status and both outputs, large ones too, and stops what hangs', {
  skip: noGuests,
}, async () => {
  await using guest = await resumeGuest();
  assert.deepEqual(await guest.shell.try('echo out; echo err >&2; exit 3'), {
    status: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  const { stdout } = await guest.shell.try("head -c 1000000 /dev/zero | tr '\\0' x");
  assert.equal(stdout, 'x'.repeat(1_000_000));
  const { status } = await guest.shell.try('sleep 1000', 1);
  assert.equal(status, 124);
  assert.equal(await guest.shell.run('id -un'), 'root');
});
