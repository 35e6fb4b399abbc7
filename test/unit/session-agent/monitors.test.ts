import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MonitorsConfigure } from '#protocol/ipc/messages/monitors.ts';
import type { Outcome } from '#session-agent/desktop/backend.ts';
import { MonitorsService } from '#session-agent/monitors/service.ts';

const wish = (width: number): MonitorsConfigure => ({
  monitors: [{ width, height: 600, x: 0, y: 0 }],
  positioned: true,
});
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A display that takes its time: each wish is applied when the test says so. */
function stage() {
  const applied: (number | undefined)[] = [];
  const finish: ((outcome: Outcome) => void)[] = [];
  let reports = 0;
  const port = {
    configure: (wanted: MonitorsConfigure) =>
      new Promise<Outcome>((resolve) => {
        applied.push(wanted.monitors[0]?.width);
        finish.push(resolve);
      }),
  };
  const link = {} as ConstructorParameters<typeof MonitorsService>[1];
  const service = new MonitorsService(port, link, () => reports++);
  return { service, applied, finish: () => finish.shift()?.({ applied: true }), reports: () => reports };
}

describe('wishes that come faster than a display takes them', () => {
  it('are applied one at a time, and of those that wait the newest only', async () => {
    const { service, applied, finish, reports } = stage();
    const outcomes = Array.from({ length: 100 }, (_, at) => service.configure(wish(800 + at)));
    assert.deepEqual(applied, [800]);
    finish();
    await settled();
    assert.deepEqual(applied, [800, 899]);
    finish();
    const answers = await Promise.all(outcomes);
    assert.deepEqual([answers[0], answers[99]], [{ applied: true }, { applied: true }]);
    const superseded = { applied: false, why: 'there is a newer wish' };
    assert.deepEqual(answers.slice(1, 99), Array(98).fill(superseded));
    assert.equal(reports(), 2);
  });

  it('are each applied when none waits', async () => {
    const { service, applied, finish } = stage();
    for (const width of [800, 900, 800]) {
      const outcome = service.configure(wish(width));
      finish();
      assert.deepEqual(await outcome, { applied: true });
      await settled();
    }
    assert.deepEqual(applied, [800, 900, 800]);
  });

  it('are answered when the service stops, the one that waits too', async () => {
    const { service, applied, finish } = stage();
    const [first, second] = [service.configure(wish(800)), service.configure(wish(900))];
    await service.stop();
    assert.equal((await second).applied, false);
    finish();
    assert.equal((await first).applied, true);
    assert.deepEqual(applied, [800]);
  });
});
