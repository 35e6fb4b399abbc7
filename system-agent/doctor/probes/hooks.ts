import { messageOf } from '#shared/errors.ts';
import { findHooks, objectionToHook } from '../../freeze/hooks/inspect.ts';
import type { HookPlaces } from '../../freeze/hooks/plan.ts';
import { objectionToFile, ROOT_ALONE } from '../../hooks/files.ts';
import { findLifecycleHooks } from '../../lifecycle/find.ts';
import { LIFECYCLE_EVENTS } from '../../lifecycle/lifecycle.ts';
import type { HookFact, Known } from '../facts.ts';

/**
 * Looks at the hooks as the agent does before it runs them; none is run.
 * @param folders of those for what hosts do with the guest
 */
export function readHooks(places: HookPlaces, folders: readonly string[]): Known<readonly HookFact[]> {
  try {
    const ofFreezes = findHooks(places).map(
      (hook): HookFact => ({ of: 'freeze', path: hook.path, objection: objectionToHook(hook, ROOT_ALONE) }),
    );
    const others = LIFECYCLE_EVENTS.flatMap((of) =>
      findLifecycleHooks(folders, of).map(
        (path): HookFact => ({ of, path, objection: objectionToFile(path, ROOT_ALONE) }),
      ),
    );
    return { known: true, value: [...ofFreezes, ...others] };
  } catch (error) {
    return { known: false, why: messageOf(error) };
  }
}
