import { Secret } from '../bytes/secret.ts';
import { checked, libc } from './libc.ts';

/** prctl(2), PR_SET_DUMPABLE */
const PR_SET_DUMPABLE = 4;

const prctl: (option: number, second: number, third: number, fourth: number, fifth: number) => number = libc.func(
  'int prctl(int option, unsigned long second, unsigned long third, unsigned long fourth, unsigned long fifth)',
);

/**
 * From now on, while this process holds a secret, the kernel writes no core of it, and nobody but root may look into it.
 * For root only: anybody else would lose sight of his own /proc/self.
 */
export function keepSecretsOutOfCores(): void {
  if (process.geteuid?.() !== 0) return;
  Secret.watch((held) => checked(prctl(PR_SET_DUMPABLE, held ? 0 : 1, 0, 0, 0), 'prctl'));
}
