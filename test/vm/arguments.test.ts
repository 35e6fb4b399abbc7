import assert from 'node:assert/strict';
import { it } from 'node:test';
import { newerThan } from '#test/support/qemu-release.ts';
import { wrongRequests } from '#test/support/qga/wrong-arguments.ts';
import { original, product } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import { answersBy } from './guest/questions.ts';
import { noGuests } from './needs.ts';

it('wrong arguments of every command are refused in the words of qemu-ga', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  const [info] = await answersBy(original, guest, [['guest-info']]);
  const version = String((info?.return as { version?: unknown } | undefined)?.version);
  const requests = wrongRequests('all', newerThan(version));
  const theirs = await answersBy(original, guest, requests);
  const ours = await answersBy(product, guest, requests);
  for (const [index, request] of requests.entries()) {
    assert.ok(theirs[index]?.error, JSON.stringify(request));
    assert.deepEqual(ours[index], theirs[index], JSON.stringify(request));
  }
});
