import { AgentError } from '#shared/errors.ts';
import type { JsonValue } from '#shared/json/value.ts';
import type { SleepMode } from '../../sleep/sleep.ts';
import { defineCommand } from '../command.ts';

/** `state`: `disk`, which is meant where nothing stands, or `mem`. */
export const hibernate = defineCommand({
  name: 'hibernate',
  readOnly: false,
  needs: ['sleep'],
  run: (args, { sleep }) => sleep.sleep(modeOf(args.get('state'))),
});

function modeOf(state: JsonValue | undefined): SleepMode {
  if (state === undefined || state === 'disk') return 'disk';
  if (state === 'mem') return 'ram';
  throw new AgentError('invalid-argument', 'the state is neither disk nor mem');
}
