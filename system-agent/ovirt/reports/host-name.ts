import { defineReport } from '../report.ts';

/** The full name, as in `fqdn`: ovirt-guest-agent does so too. */
export const hostName = defineReport({
  name: 'host-name',
  since: 0,
  needs: ['inventory'],
  collect: async ({ inventory }) => ({ name: await inventory.fullHostName() }),
});
