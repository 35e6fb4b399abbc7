import assert from 'node:assert/strict';
import { it } from 'node:test';
import { clipboardWorld, NOTHING } from '#test/support/clipboard-world.ts';
import { pick } from '#test/support/fuzz.ts';
import { random } from '#test/support/random.ts';

const INTERLEAVINGS = 1000;
const STEPS = 200;
const SELECTIONS = ['clipboard', 'primary', 'secondary'] as const;

/**
 * Whom the client and the desktop may name once all is quiet. An application that took the client's place and ended without
 * saying what it has leaves nobody there; the client still has what it has.
 */
const AGREED: readonly string[] = [
  'nobody and nobody',
  'guest and application',
  'client and host',
  'client and nobody',
];

/** One side copies once more when all is quiet, and the other pastes: it gets just that. */
async function assertLastCopyWins(
  { client, desktop, settle }: Awaited<ReturnType<typeof clipboardWorld>>,
  isClients: boolean,
): Promise<void> {
  const [owner, text] = isClients ? ['client', 'last text'] : ['guest', 'last text'];
  if (isClients) client.copy('last', ['text']);
  else desktop.take('last');
  await settle();
  assert.equal(client.owner, owner);
  assert.equal(desktop.owner, isClients ? 'host' : 'application');
  if (isClients) desktop.paste(() => 0);
  else client.request(() => 0);
  await settle();
  assert.equal((isClients ? desktop : client).pasted.at(-1), text);
}

it(`${INTERLEAVINGS} interleavings of both sides: never a hang, never a loop, the last copy wins`, async () => {
  const first = process.env.FUZZ_SEED === undefined ? Date.now() % 1_000_000_000 : Number(process.env.FUZZ_SEED);
  const count = process.env.FUZZ_SEED === undefined ? INTERLEAVINGS : 1;
  console.log(`interleavings from seed ${first}; FUZZ_SEED=n repeats one`);
  const pasted = { something: 0, nothing: 0 };
  for (let seed = first; seed < first + count; seed++) {
    const chance = random(seed);
    const world = await clipboardWorld(pick(SELECTIONS, chance));
    const done: string[] = [];
    try {
      await world.settle();
      for (let left = STEPS; left > 0; left--) {
        done.push(await world.step(chance));
      }
      await world.settle();
      const { client, desktop } = world;
      const pair = `${client.owner} and ${desktop.owner}`;
      assert.ok(AGREED.includes(pair), pair);
      for (const content of [...client.pasted, ...desktop.pasted]) {
        pasted[content === NOTHING ? 'nothing' : 'something']++;
      }
      await assertLastCopyWins(world, chance(2) === 0);
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed}: ${done.join(', ')}`, { cause: error });
    } finally {
      await world.end();
    }
  }
  if (count > 1)
    assert.ok(pasted.something > INTERLEAVINGS / 4, `${pasted.something} contents, ${pasted.nothing} none`);
});
