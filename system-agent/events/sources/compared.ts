import { messageOf } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import type { Log } from '#shared/log/log.ts';
import type { AgentEvent } from '../kinds.ts';
import type { Source } from './source.ts';

/** Changes come in bursts: an interface that gets its addresses, a machine that mounts its disks. */
const GATHER_MS = 200;

/** Names of one event; what is beyond is counted. */
const MOST_NAMES = 16;

interface Compared<T> {
  readonly name: string;
  /** @throws {Error} when the system does not tell */
  read(): T;
  /** Calls back after changes, perhaps for nothing. @throws {Error} when the system does not tell */
  onChange(listener: () => void): Disposable;
  /** What has changed from one reading to the next, if anything. Pure. */
  between(before: T, now: T): AgentEvent | undefined;
}

/** A source that knows by comparing what has changed, also in a time in which nobody listened. */
export function comparedSource<T>({ name, read, onChange, between }: Compared<T>, log: Log): Source {
  let known: { readonly value: T } | undefined;
  return {
    name,
    listen(publish) {
      let gathering: Disposable | undefined;
      const look = () => {
        gathering = undefined;
        try {
          const value = read();
          const event = known === undefined ? undefined : between(known.value, value);
          known = { value };
          if (event !== undefined) publish(event);
        } catch (error) {
          log.debug('not told', { source: name, reason: messageOf(error) });
        }
      };
      const changes = onChange(() => {
        gathering ??= after(GATHER_MS, look);
      });
      look(); // after listening, so that nothing is lost in between
      return {
        [Symbol.dispose]() {
          changes[Symbol.dispose]();
          gathering?.[Symbol.dispose]();
        },
      };
    },
  };
}

/** As many names as one event has, and how many there are beyond them. */
export function someOf(names: readonly string[]): { readonly some: readonly string[]; readonly more: number } {
  return { some: names.slice(0, MOST_NAMES), more: Math.max(0, names.length - MOST_NAMES) };
}
