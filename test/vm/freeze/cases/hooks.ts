import assert from 'node:assert/strict';
import { type Case, tells } from './case.ts';

function withHook(name: string, phase: 'freeze' | 'thaw', script: string, round: Case['round']): Case {
  return {
    name,
    async round(lab) {
      await lab.hookCalls();
      await lab.hook(phase, script);
      try {
        return await round(lab);
      } finally {
        await lab.hook(phase, undefined);
      }
    },
  };
}

/** A hook that spoils the freeze: nothing is frozen, the host gets the reason, and the hook a thaw. */
function spoils(name: string, script: string): Case {
  return withHook(name, 'freeze', script, async (lab) => {
    const { error } = await lab.host.ask('guest-fsfreeze-freeze');
    const due = await lab.now();
    assert.equal(await lab.isFrozen(), false);
    assert.deepEqual(await lab.hookCalls(), ['freeze', 'thaw']);
    return { due, told: `freeze: error: ${error?.desc}; ${await tells(lab)}` };
  });
}

/** What stays writes, and may not die of it: it could hold a lock. */
const FORKS = '{ while :; do echo busy; sleep 1; done; } & echo $! >/run/lab-hook/left';

const forks = withHook('a hook leaves a process behind that writes', 'freeze', FORKS, async (lab) => {
  await lab.freeze();
  assert.equal((await lab.status()).achieved, 'consistent');
  await lab.standsStill();
  await lab.run('kill -0 $(cat /run/lab-hook/left)');
  const due = await lab.now();
  const told = await tells(lab);
  await lab.run('kill $(cat /run/lab-hook/left) || true'); // nobody reads any more what it writes
  assert.deepEqual(await lab.hookCalls(), ['freeze', 'thaw']);
  return { due, told };
});

const hangsLate = withHook('a hook hangs at the thaw', 'thaw', 'sleep 1000', async (lab) => {
  await lab.freeze();
  await lab.standsStill();
  const due = await lab.now();
  return { due, told: await tells(lab) };
});

/** Of the administrator's programs. */
export const hooks: readonly Case[] = [
  spoils('a hook hangs', 'sleep 1000'),
  spoils('a hook fails', 'echo no room; exit 3'),
  forks,
  hangsLate,
];
