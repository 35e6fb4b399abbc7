import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { noGuests } from '../needs.ts';
import { run } from '../support/process.ts';
import type { Case } from './cases/case.ts';
import { deaths } from './cases/deaths.ts';
import { ends } from './cases/ends.ts';
import { halfWay } from './cases/half-way.ts';
import { hooks } from './cases/hooks.ts';
import { steps } from './cases/steps.ts';
import { examineCopy } from './copy.ts';
import { FreezeLab } from './lab.ts';
import { type Row, report } from './report.ts';

const CASES: readonly Case[] = [...ends, ...deaths, ...hooks, halfWay, ...steps];
const QUICK_ROUNDS = 2;
/** Set for a long run, whose results are kept: `npm run vm:long`. */
const ROUNDS = process.env.UGA_FREEZE_ROUNDS;
/** Parts of names, with commas between them, for a run of some cases. */
const ONLY = (process.env.UGA_FREEZE_CASES ?? '').split(',');
const GUESTS = Number(process.env.UGA_FREEZE_GUESTS ?? 1);

const roundsOf = ({ times = 1, quick = QUICK_ROUNDS }: Case) => (ROUNDS === undefined ? quick : Number(ROUNDS) * times);

/** docs/freeze-cases.md says what a round is, and what a long run has shown. */
describe('a freeze', { skip: noGuests, concurrency: GUESTS }, () => {
  const free: FreezeLab[] = [];

  before(async () => {
    for (let n = 0; n < GUESTS; n++) free.push(await FreezeLab.start());
  });

  after(async () => {
    for (const lab of free) await lab[Symbol.asyncDispose]();
  });

  /** No more cases run at once than there are guests. */
  async function inGuest(act: (lab: FreezeLab) => Promise<void>): Promise<void> {
    const lab = free.shift();
    assert.ok(lab);
    try {
      await act(lab);
    } finally {
      free.push(lab);
    }
  }

  for (const one of CASES.filter((each) => roundsOf(each) > 0 && ONLY.some((part) => each.name.includes(part)))) {
    it(one.name, (t) =>
      inGuest(async (lab) => {
        const waits: number[] = [];
        const told = new Set<string>();
        for (let n = 0; n < roundsOf(one); n++) {
          await lab.writesAfter(await lab.now());
          const round = await one.round(lab);
          waits.push((await lab.writesAfter(round.due)) - round.due);
          await lab.hasLostNothing();
          told.add(round.told);
        }
        const copy = await examineCopy(lab.guest, await lab.acknowledged());
        const texts = [...told].join(' | ');
        t.diagnostic(`writes after ${waits.map((wait) => wait.toFixed(2)).join(' ')} s; ${texts}; copy: ${copy}`);
        assert.equal(told.size, 1, `hosts were told different things: ${texts}`);
        if (ROUNDS === undefined) return;
        const setting = await settingOf(lab);
        report(
          one.name,
          { ...setting, waits, told: texts, copy },
          CASES.map(({ name }) => name),
        );
      }),
    );
  }
});

async function settingOf(lab: FreezeLab): Promise<Pick<Row, 'day' | 'commit' | 'qemu' | 'kernel'>> {
  const version = await run('qemu-system-x86_64', ['--version']);
  return {
    day: new Date().toISOString().slice(0, 10),
    commit: (await run('git', ['rev-parse', '--short=12', 'HEAD'])).trim(),
    qemu: `${/version (\S+)/.exec(version)?.[1]}`,
    kernel: await lab.run('uname -r'),
  };
}
