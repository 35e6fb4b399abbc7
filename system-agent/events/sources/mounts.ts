import type { Log } from '#shared/log/log.ts';
import type { Mounts } from '../../mounts/mounts.ts';
import { comparedSource, someOf } from './compared.ts';
import type { Source } from './source.ts';

/** Local file systems, as guest-get-fsinfo lists them. */
export function mountsSource(mounts: Mounts, log: Log): Source {
  return comparedSource(
    {
      name: 'mounts',
      read: () =>
        new Map(mounts.list().map(({ major, minor, mountPoint }) => [`${major}:${minor} ${mountPoint}`, mountPoint])),
      onChange: (listener) => mounts.onChange(listener),
      between(before, now) {
        const mounted = someOf(namesOnlyIn(now, before));
        const unmounted = someOf(namesOnlyIn(before, now));
        if (mounted.some.length + unmounted.some.length === 0) return undefined;
        const more = BigInt(mounted.more + unmounted.more);
        return { event: 'MOUNTS_CHANGED', data: { mounted: mounted.some, unmounted: unmounted.some, more } };
      },
    },
    log,
  );
}

function namesOnlyIn(these: ReadonlyMap<string, string>, those: ReadonlyMap<string, string>): string[] {
  return [...these].filter(([key]) => !those.has(key)).map(([, name]) => name);
}
