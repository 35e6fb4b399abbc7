import { defineReport } from '../report.ts';

export const numberOfCpus = defineReport({
  name: 'number-of-cpus',
  since: 1,
  needs: ['cpus'],
  collect: ({ cpus }) => ({ count: cpus.online() }),
});
