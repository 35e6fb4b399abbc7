import { defineCommand } from '../command.ts';

/** Says the same back: the one command with an answer, and so the way to see whether the agent is there. */
export const echo = defineCommand({
  name: 'echo',
  readOnly: true,
  needs: [],
  run: (args, _ports, conversation) => conversation.answer('echo', args),
});
