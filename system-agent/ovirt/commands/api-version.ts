import { defineCommand } from '../command.ts';

export const apiVersion = defineCommand({
  name: 'api-version',
  readOnly: true,
  needs: [],
  run(args, _ports, conversation) {
    if (conversation.version.hostChose(args.get('apiVersion'))) conversation.refresh();
  },
});
