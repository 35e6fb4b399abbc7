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
import { type Row, writeReport } from './report.ts';

const CASES: readonly Case[] = [...ends, ...deaths, ...hooks, halfWay, ...steps];
const QUICK_ROUNDS = 2;
/** `npm run vm:long` sets both. */
const ROUNDS = process.env.UGA_FREEZE_ROUNDS;
const REPORT = process.env.UGA_FREEZE_REPORT;

const roundsOf = ({ times = 1, quick = QUICK_ROUNDS }: Case) => (ROUNDS === undefined ? quick : Number(ROUNDS) * times);

/** docs/freeze-cases.md says what a round is, and what a long run has shown. */
describe('a freeze', { skip: noGuests }, () => {
  const started = performance.now();
  const rows: Row[] = [];
  let lab: FreezeLab;

  before(async () => {
    lab = await FreezeLab.start();
  });

  after(async () => {
    if (REPORT !== undefined && rows.length === CASES.length) {
      const version = await run('qemu-system-x86_64', ['--version']);
      writeReport(REPORT, rows, {
        day: new Date().toISOString().slice(0, 10),
        qemu: `QEMU ${/version (\S+)/.exec(version)?.[1]}`,
        kernel: await lab.run('uname -r'),
        minutes: Math.round((performance.now() - started) / 60_000),
      });
    }
    await lab?.[Symbol.asyncDispose]();
  });

  for (const one of CASES.filter((each) => roundsOf(each) > 0)) {
    it(one.name, async (t) => {
      const waits: number[] = [];
      const told = new Set<string>();
      for (let n = 0; n < roundsOf(one); n++) {
        await lab.goesOn();
        const round = await one.round(lab);
        waits.push((await lab.writesAfter(round.due)) - round.due);
        await lab.hasLostNothing();
        told.add(round.told);
      }
      const copy = await examineCopy(lab.guest, await lab.acknowledged());
      const texts = [...told].join(' | ');
      t.diagnostic(`writes after ${waits.map((wait) => wait.toFixed(2)).join(' ')} s; ${texts}; copy: ${copy}`);
      assert.equal(told.size, 1, `hosts were told different things: ${texts}`);
      rows.push({ name: one.name, waits, told: texts, copy });
    });
  }
});
