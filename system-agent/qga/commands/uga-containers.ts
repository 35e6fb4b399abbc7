import { listOf, object, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

const container = struct('UgaContainer', {
  id: string,
  names: listOf(string),
  image: string,
  command: string,
  status: string,
});

export const ugaContainers = defineCommand({
  name: 'uga-containers',
  since: 'uga 0.1',
  summary: 'Containers of the local Docker or Podman, running or not; none where neither runs.',
  testedBy: 'with a service of its API in a unit test',
  args: object({}),
  result: listOf(container),
  errors: ['the container service does not answer as it should'],
  needs: ['containers'],
  readOnly: true,
  run: async (_args, { containers }) =>
    (await containers.list()).map(({ id, names, image, command, status }) => ({ id, names, image, command, status })),
});
