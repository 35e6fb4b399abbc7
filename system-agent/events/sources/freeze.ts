import type { Freeze } from '../../freeze/freeze.ts';
import type { Source } from './source.ts';

/** Freezes that were complete, and how they have ended. */
export function freezeSource(freeze: Pick<Freeze, 'describe' | 'onChange'>): Source {
  return {
    name: 'freeze',
    listen(publish) {
      let isFrozen = false;
      const look = () => {
        const { phase, fileSystems, ended } = freeze.describe();
        if (phase === 'frozen' && !isFrozen) {
          isFrozen = true;
          const filesystems = BigInt(fileSystems.filter(({ frozen }) => frozen).length);
          publish({ event: 'GUEST_FROZEN', data: { filesystems } });
        } else if (phase === 'thawed' && isFrozen) {
          isFrozen = false;
          publish({ event: 'GUEST_THAWED', data: { reason: ended } });
        }
      };
      const subscription = freeze.onChange(look);
      const { ended } = freeze.describe();
      // A freeze of an agent that has died, which nobody was told of.
      if (ended !== undefined) publish({ event: 'GUEST_THAWED', data: { reason: ended } });
      look();
      return subscription;
    },
  };
}
