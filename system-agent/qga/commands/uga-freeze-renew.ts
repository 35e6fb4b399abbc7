import { int64, object, optional } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const ugaFreezeRenew = defineCommand({
  name: 'uga-freeze-renew',
  since: 'uga 0.1',
  summary: 'Let the lease of a freeze end `seconds` from now, by default a whole lease; answers the seconds left.',
  worksWhere: 'as root, with the guard of freezes installed',
  testedBy: 'in a guest',
  args: object({ seconds: optional(int64) }),
  result: int64,
  errors: ['nothing is frozen', 'seconds outside of 1 to 86400'],
  needs: ['freeze'],
  readOnly: false,
  run: ({ seconds }, { freeze }) => freeze.renew(seconds === undefined ? undefined : Number(seconds)),
});
