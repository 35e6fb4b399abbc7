import { type Check, fail, ok, warn } from '../finding.ts';

/** Later years are as implausible as those before this program was built. */
const LAST_YEAR = 2100;
const SECONDS_OF_YEAR = 31_556_952;
/** A clock that NTP steers is nearer; one that nobody does drifts by seconds a day. */
const MAX_DIFFERENCE = 120;
const SET_IT = 'set it from the host (guest-set-time), or start a time service such as systemd-timesyncd';

/** Is the clock sane? Signatures, logs and tokens all need it. */
export const clock: Check = {
  name: 'clock',
  decide({ clock: { now, hardware, built } }) {
    const date = new Date(now * 1000).toISOString().slice(0, 16);
    if (now > (LAST_YEAR - 1970) * SECONDS_OF_YEAR) return [fail(`the clock says ${date}`, SET_IT)];
    if (built !== undefined && now < built)
      return [fail(`the clock says ${date}, before this program was built`, SET_IT)];
    if (hardware !== undefined && Math.abs(hardware - now) > MAX_DIFFERENCE) {
      const difference = Math.round(hardware - now);
      return [warn(`the machine's own clock differs by ${difference} s from ${date}`, SET_IT)];
    }
    return [ok(`the clock says ${date}`)];
  },
};
