import type { Rule } from '../audit/audit.ts';

/** The clipboard's content crosses: which way and of which type, one a minute. */
export const CLIPBOARD = { name: 'clipboard', readOnly: false } as const;

/** A client sends a file to the user of a session. */
export const FILE_TRANSFER = { name: 'file-transfer', readOnly: false } as const;

/** What is written of what passes this door. */
export const audited: Readonly<Record<string, Rule>> = {
  clipboard: {
    weight: 'access',
    args: { direction: 'text', type: 'text' },
    oncePer: ['direction', 'type'],
  },
  // A client that begins and cancels without end would push everything else out of the log.
  'file-transfer': { weight: 'change', args: { session: 'text', name: 'text', size: 'number' }, perMinute: 60 },
};
