import assert from 'node:assert/strict';
import { it } from 'node:test';
import { resumeGuest } from './guest/guest.ts';
import { IMAGES, type ImageName } from './image/recipe.ts';
import { noGuests } from './needs.ts';

for (const image of Object.keys(IMAGES) as ImageName[]) {
  it(`a ${image} guest runs the built product`, { skip: noGuests }, async () => {
    await using guest = await resumeGuest({ image });
    assert.match(await guest.shell.run('cat /etc/os-release'), new RegExp(`VERSION_CODENAME=${image}`));
    assert.match(await guest.shell.run('node /opt/uga/uga.js --version'), /uga/);
  });
}
