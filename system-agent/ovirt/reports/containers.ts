import type { Container } from '../../containers/containers.ts';
import { bounded } from '../bounded.ts';
import { defineReport, type Members } from '../report.ts';

const MAX_CONTAINERS = 1024;

/** Containers of the local container service, running or not. */
export const containers = defineReport({
  name: 'containers',
  since: 3,
  needs: ['containers'],
  async collect({ containers }) {
    const list = (await containers.list()).map(describe);
    return { list: bounded(list, MAX_CONTAINERS, (text) => describe({ ...NONE, names: [text] })) };
  },
});

const NONE: Container = { id: '', names: [], image: '', command: '', status: '' };

function describe({ id, names, image, command, status }: Container): Members {
  return { id, names, image, command, status };
}
