import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { AgentError, errnoOf } from '#shared/errors.ts';
import { readText } from '#shared/files.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import type { Tree } from '#shared/tree/tree.ts';
import type { CpuSwitch, Cpus } from './cpus.ts';
import { countOfList } from './list.ts';
import { parseLoad, parseTimes } from './proc.ts';
import { CPUS, processors } from './processors.ts';

export function linuxCpus(tree: Tree): Cpus {
  return {
    online: () => countOfList(readFileSync(`${CPUS}/online`, 'latin1')),
    list: () => processors(tree),
    times: () => parseTimes(readText('/proc/stat', 'latin1')),
    load: () => parseLoad(readFileSync('/proc/loadavg', 'latin1')),
  };
}

export function linuxCpuSwitch(tree: Tree): CpuSwitch {
  return {
    async setOnline(id, online) {
      const folder = `${CPUS}/cpu${id}`;
      if (tree.list(folder) === undefined) {
        throw new AgentError('not-found', `Could not open '${folder}/': No such file or directory`);
      }
      const file = `${folder}/online`;
      try {
        const state = (await readFile(file, 'latin1')).trim();
        // Written on a thread: the kernel moves the work of a processor before it answers.
        if ((state !== '0') !== online) await writeFile(file, online ? '1' : '0', { flag: 'r+' });
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw new AgentError('failed', `'${file}': ${systemErrorText(error)}`);
        if (!online) throw new AgentError('unsupported', `logical processor #${id} can't be offlined`);
      }
    },
  };
}
