import { defineReport } from '../report.ts';

/** "This agent tells when sessions start and end"; not that the guest has booted just now. */
export const sessionStartup = defineReport({ name: 'session-startup', since: 0, needs: [], collect: () => ({}) });
