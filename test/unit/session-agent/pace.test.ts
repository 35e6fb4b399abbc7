import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Pace } from '#session-agent/clipboard/pace.ts';

it('a few are told at once, a flood now and then, and always the newest in the end', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const pace = new Pace();
  const told: number[] = [];
  for (let copy = 1; copy <= 100; copy++) pace.tell(() => told.push(copy));
  assert.deepEqual(told, [1, 2, 3, 4, 5, 6, 7, 8]);
  context.mock.timers.tick(1000);
  assert.deepEqual(told, [1, 2, 3, 4, 5, 6, 7, 8, 100]);
});

it('what is cancelled is not told, and what comes after it is', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const pace = new Pace();
  const told: number[] = [];
  for (let copy = 1; copy <= 10; copy++) pace.tell(() => told.push(copy));
  pace.cancel();
  context.mock.timers.tick(1000);
  assert.equal(told.at(-1), 8);
  pace.tell(() => told.push(11));
  context.mock.timers.tick(1000);
  assert.equal(told.at(-1), 11);
});
