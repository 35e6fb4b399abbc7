import { defineReport } from '../report.ts';

/** The host's word for nobody; `Unknown` is its own for having heard nothing. */
const NOBODY = 'None';

export const activeUser = defineReport({
  name: 'active-user',
  since: 0,
  needs: ['console'],
  collect({ console }) {
    const user = console.words.find(({ word }) => word === 'active-user');
    return { name: (user?.word === 'active-user' && user.name) || NOBODY };
  },
});
