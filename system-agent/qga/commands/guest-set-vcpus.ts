import { AgentError } from '#shared/errors.ts';
import { array, int64, object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';
import { logicalProcessor } from './guest-get-vcpus.ts';

/** The most processors that Linux is built for. */
const MAX_PROCESSORS = 8192;

export const guestSetVcpus = defineCommand({
  name: 'guest-set-vcpus',
  since: '1.5',
  summary: 'Switch processors on or off, one after the other; tells how many were done before the first failed.',
  worksWhere: 'as root',
  testedBy: 'a processor goes off and on in a guest; answers as qemu-ga; `virsh setvcpus --guest`',
  args: object({
    vcpus: array(logicalProcessor, MAX_PROCESSORS),
  }),
  result: int64,
  errors: ['the first processor of the list could not be switched'],
  needs: ['cpuSwitch'],
  readOnly: false,

  async run({ vcpus }, { cpuSwitch }) {
    let done = 0;
    try {
      for (const { 'logical-id': id, online } of vcpus) {
        await cpuSwitch.setOnline(id, online);
        done++;
      }
    } catch (error) {
      // Hosts send the rest once more, and then its first failure is their answer.
      if (done === 0 || !(error instanceof AgentError)) throw error;
    }
    return done;
  },
});
