import { messageOf } from '#shared/errors.ts';
import { findHooks, objectionToHook } from '../../freeze/hooks/inspect.ts';
import type { HookPlaces } from '../../freeze/hooks/plan.ts';
import { ROOT_ALONE } from '../../hooks/files.ts';
import type { HookFact, Known } from '../facts.ts';

/** Looks at the hooks as the agent does before a freeze; none is run. */
export function readHooks(places: HookPlaces): Known<readonly HookFact[]> {
  try {
    const hooks = findHooks(places);
    return {
      known: true,
      value: hooks.map((hook) => ({ path: hook.path, objection: objectionToHook(hook, ROOT_ALONE) })),
    };
  } catch (error) {
    return { known: false, why: messageOf(error) };
  }
}
