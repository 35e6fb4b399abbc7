import { AgentError } from '#shared/errors.ts';
import { object, optional, string } from '#shared/schema/schema.ts';
import type { ShutdownMode } from '../../power/power.ts';
import { defineCommand, nothing } from '../command.ts';

const MODES: readonly string[] = ['halt', 'powerdown', 'reboot'] satisfies ShutdownMode[];

export const guestShutdown = defineCommand({
  name: 'guest-shutdown',
  since: '0.15',
  summary: 'Power down, halt or reboot the guest.',
  testedBy: 'every mode beside qemu-ga in a guest; libvirt',
  args: object({ mode: optional(string) }),
  result: nothing,
  errors: ['an unknown mode', 'the system refuses, in its own words'],
  needs: ['power'],
  readOnly: false,
  silentOnSuccess: true,

  async run({ mode = 'powerdown' }, { power }) {
    // The text lacks its closing parenthesis in QEMU too.
    if (!isMode(mode))
      throw new AgentError('invalid-argument', `mode is invalid (valid values are: ${MODES.join('|')}`);
    await power.shutdown(mode);
    return undefined;
  },
});

function isMode(mode: string): mode is ShutdownMode {
  return MODES.includes(mode);
}
