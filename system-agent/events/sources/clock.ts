import type { ClockChanges, ClockReadings } from '../../clock/changes.ts';
import type { Source } from './source.ts';

/** What readings one after the other can differ by, and what a time server corrects without anybody caring. */
const SLACK_NS = 100_000_000n;
const NS_PER_MS = 1_000_000n;

/** The guest has slept, or somebody has set its clock: what was known of the time, leases and addresses is stale. */
export function clockSource(clock: ClockChanges): Source {
  return {
    name: 'clock',
    listen(publish) {
      let before = offsetsOf(clock.read());
      return clock.onSet(() => {
        const now = offsetsOf(clock.read());
        const slept = now.asleep - before.asleep;
        const jumped = now.epoch - before.epoch;
        if (slept >= SLACK_NS) publish({ event: 'RESUMED', data: { seconds: seconds(slept) } });
        const isJump = jumped >= SLACK_NS || jumped <= -SLACK_NS;
        if (isJump) publish({ event: 'CLOCK_JUMPED', data: { seconds: seconds(jumped) } });
        // Small steps add up until they are worth a word.
        before = { asleep: now.asleep, epoch: isJump ? now.epoch : before.epoch };
      });
    },
  };
}

/** Neither changes while the system runs and nobody sets its clock; time servers bend all three clocks alike. */
function offsetsOf({ wall, boot, awake }: ClockReadings): { readonly asleep: bigint; readonly epoch: bigint } {
  return { asleep: boot - awake, epoch: wall - boot };
}

function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds / NS_PER_MS) / 1000;
}
