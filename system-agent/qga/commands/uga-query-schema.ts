import { object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';
import { agentSchema, describeSchema } from '../introspection.ts';

export const ugaQuerySchema = defineCommand({
  name: 'uga-query-schema',
  since: 'uga 0.1',
  summary:
    'Every command that exists here with arguments, result, errors and why it may not run now; every event; types.',
  testedBy: 'the answers of all reading commands against it',
  args: object({}),
  result: agentSchema,
  needs: [],
  readOnly: true,
  run: (_args, _ports, call) => describeSchema(call.listCommands()),
});
