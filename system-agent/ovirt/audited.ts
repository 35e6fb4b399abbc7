import type { Rule } from '../audit/audit.ts';

/** What is written of the commands of this door; not the message of a shutdown, which is for users. See qga/audited.ts. */
export const audited: Readonly<Record<string, Rule>> = {
  hibernate: { weight: 'change', args: { state: 'text' } },
  'lifecycle-event': { weight: 'change', args: { type: 'text', failure: 'flag' } },
  login: { weight: 'change', args: { username: 'text' } },
  shutdown: { weight: 'change', args: { reboot: 'text', timeout: 'number' } },
};
