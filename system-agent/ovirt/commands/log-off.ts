import { defineCommand } from '../command.ts';

/** The session at the machine. */
export const logOff = defineCommand({
  name: 'log-off',
  readOnly: false,
  needs: ['sessionControl'],
  async run(_args, { sessionControl }) {
    await sessionControl.logOff();
  },
});
