import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Intervals } from '#system-agent/ovirt/options.ts';
import { Schedule } from '#system-agent/ovirt/schedule.ts';

/** Seconds after which each is due within `seconds`. */
function times(intervals: Intervals, seconds: number): Record<string, number[]> {
  const schedule = new Schedule(intervals);
  const due: Record<string, number[]> = { users: [], cpus: [], applications: [], disks: [] };
  for (let at = intervals.heartbeat; at <= seconds; at += intervals.heartbeat) {
    for (const pace of schedule.beat()) due[pace]?.push(at);
  }
  return due;
}

describe('schedule', () => {
  it("keeps ovirt-guest-agent's intervals", () => {
    assert.deepEqual(times({ heartbeat: 5, users: 10, cpus: 60, applications: 120, disks: 300 }, 300), {
      users: Array.from({ length: 30 }, (_, index) => 10 * (index + 1)),
      cpus: [60, 120, 180, 240, 300],
      applications: [120, 240],
      disks: [300],
    });
  });

  it('is rather early than late where an interval is no multiple of the heartbeat', () => {
    assert.deepEqual(times({ heartbeat: 7, users: 10, cpus: 20, applications: 3, disks: 36 }, 42), {
      users: [7, 14, 21, 28, 35, 42],
      cpus: [14, 28, 42],
      applications: [7, 14, 21, 28, 35, 42],
      disks: [35],
    });
  });

  it('counts anew after a restart', () => {
    const schedule = new Schedule({ heartbeat: 5, users: 10, cpus: 60, applications: 120, disks: 300 });
    assert.deepEqual(schedule.beat(), []);
    schedule.restart();
    assert.deepEqual([schedule.beat(), schedule.beat()], [[], ['users']]);
  });
});
