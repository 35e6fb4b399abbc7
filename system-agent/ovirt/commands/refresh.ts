import { defineCommand } from '../command.ts';

/** The host begins, or begins again. Its `apiVersion` only tells that it knows versions: the value is not looked at. */
export const refresh = defineCommand({
  name: 'refresh',
  readOnly: true,
  needs: [],
  run(args, _ports, conversation) {
    if (!args.has('apiVersion')) conversation.version.hostHasNone();
    conversation.refresh();
  },
});
