import { AgentError } from '#shared/errors.ts';
import { int64, object, optional } from '#shared/schema/schema.ts';
import { defineCommand, nothing } from '../command.ts';

const NS_PER_MS = 1_000_000n;
/** qemu-ga takes the years 1970 to 2069. */
const END = BigInt(Date.UTC(2070, 0)) * NS_PER_MS;

export const guestSetTime = defineCommand({
  name: 'guest-set-time',
  since: '1.5',
  summary:
    'Set system and hardware clock to nanoseconds since the epoch; without a time, the system clock by the other.',
  worksWhere: 'as root; /dev/rtc0 for the hardware clock',
  testedBy: 'beside qemu-ga in a guest, by date(1) and hwclock(8); libvirt',
  args: object({ time: optional(int64) }),
  result: nothing,
  errors: ['a time before 1970 or after 2069', 'the system refuses', 'there is no hardware clock to set by'],
  needs: ['timeSetting'],
  readOnly: false,

  async run({ time }, { timeSetting }) {
    if (time === undefined) await timeSetting.setFromHardware();
    else if (time >= 0n && time < END) await timeSetting.set(time);
    else throw new AgentError('invalid-argument', 'Invalid time');
    return undefined;
  },
});
