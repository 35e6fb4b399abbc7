import { defineCommand } from '../command.ts';
import { numberOf } from '../numbers.ts';
import { numberOfCpus } from '../reports/number-of-cpus.ts';

/**
 * The host has plugged processors in or out and wants to know how many there are now. As with the original none is switched:
 * Linux takes what was plugged in, by itself or by a rule of udev.
 */
export const setNumberOfCpus = defineCommand({
  name: 'set-number-of-cpus',
  readOnly: true,
  needs: ['cpus'],
  run(args, _ports, conversation) {
    if ((numberOf(args.get('count')) ?? 0) > 0) conversation.tell([numberOfCpus]);
  },
});
