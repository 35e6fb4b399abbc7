import { defineReport } from '../report.ts';

/** On Linux the kernel's release, which is what hosts show. */
export const osVersion = defineReport({
  name: 'os-version',
  since: 0,
  needs: ['inventory'],
  collect: ({ inventory }) => ({ version: inventory.operatingSystem().kernelRelease }),
});
