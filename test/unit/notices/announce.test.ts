import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AgentError } from '#shared/errors.ts';
import { announcedPower, sentenceOf } from '#system-agent/notices/announce.ts';
import type { ShutdownPlan } from '#system-agent/power/power.ts';
import { refusingPower } from '#system-agent/power/refusing.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { FakeSessionAgent, FakeSessionLink } from '#test/fakes/served-session.ts';

const plan: ShutdownPlan = { mode: 'reboot', delaySeconds: 30, message: 'Maintenance' };

describe('an announced shutdown', () => {
  it('says what, when and why', () => {
    assert.equal(sentenceOf(plan), 'The host restarts this system in 30 s: Maintenance');
    assert.equal(
      sentenceOf({ mode: 'powerdown', delaySeconds: 301, message: 'x' }),
      'The host shuts down this system in 6 min: x',
    );
    assert.equal(sentenceOf({ ...plan, delaySeconds: 0 }), 'The host restarts this system now: Maintenance');
  });

  it('is told to the served session, if its agent can show it', async () => {
    const platform = fakePlatform();
    const link = new FakeSessionLink();
    const power = announcedPower(platform.power, link);
    await power.schedule(plan);
    const agent = new FakeSessionAgent('1');
    link.serve(agent);
    await power.schedule(plan);
    await power.shutdown('reboot');
    assert.deepEqual(agent.link.seen, [
      { name: 'host.announces', body: { text: 'The host restarts this system in 30 s: Maintenance' } },
    ]);
    assert.deepEqual([platform.plans.length, platform.shutdowns.length], [2, 1]);
  });

  it('that is refused is told to nobody', async () => {
    const link = new FakeSessionLink();
    const agent = new FakeSessionAgent('1');
    link.serve(agent);
    await assert.rejects(announcedPower(refusingPower, link).schedule(plan), AgentError);
    assert.deepEqual(agent.link.seen, []);
  });
});
