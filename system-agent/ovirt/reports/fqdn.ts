import { defineReport } from '../report.ts';

export const fqdn = defineReport({
  name: 'fqdn',
  since: 0,
  needs: ['inventory'],
  collect: async ({ inventory }) => ({ fqdn: await inventory.fullHostName() }),
});
