import { defineReport } from '../report.ts';

/** Minutes east of UTC without daylight saving. */
export const timezone = defineReport({
  name: 'timezone',
  since: 2,
  needs: ['clock'],
  collect({ clock }) {
    const { name, offsetSeconds } = clock.standardTimezone();
    return { zone: name, offset: Math.trunc(offsetSeconds / 60) };
  },
});
