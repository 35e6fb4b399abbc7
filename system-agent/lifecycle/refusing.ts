import type { Lifecycle } from './lifecycle.ts';

/** For the demonstration and for tests on a machine that somebody needs: no program runs. */
export const refusingLifecycle: Lifecycle = { happened: async () => {} };
