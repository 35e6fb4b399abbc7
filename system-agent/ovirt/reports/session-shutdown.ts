import { defineReport } from '../report.ts';

/** The agent ends, as a rule with its guest. */
export const sessionShutdown = defineReport({ name: 'session-shutdown', since: 0, needs: [], collect: () => ({}) });
