import type { Bus } from '#shared/dbus/bus.ts';
import type { KeyboardPort } from '../desktop/backend.ts';
import { becomes, type Wait } from './held.ts';
import { unlockWanted } from './logind.ts';

/** A keyboard that is taken for so many looks is not taken by a menu that flashes up. */
const LASTING_LOOKS = 5;
/** Whether it is free again is looked at when logind says that the session is to unlock, and so often. */
const LOOK_MS = 10_000;

/** The keyboard of the session, which nobody had when the look at it began. */
export interface Seizure {
  /** Somebody has it now, and has had it at the last looks. @throws {AgentError} */
  lasts(): Promise<boolean>;
  /** Resolves when nobody has it any more. @throws {AgentError} */
  ended(): Promise<void>;
}

/**
 * The sign of a lock that cannot say that it has locked (decision 33).
 * @param system the system bus
 * @returns undefined where somebody has the keyboard already: an open menu keeps it from a lock
 * @throws {AgentError}
 */
export async function seizureOf(keyboard: KeyboardPort, system: Bus, wait: Wait): Promise<Seizure | undefined> {
  if (await keyboard.isHeld()) return undefined;
  let looks = 0;
  return {
    async lasts() {
      looks = (await keyboard.isHeld()) ? looks + 1 : 0;
      return looks > LASTING_LOOKS;
    },
    async ended() {
      const isFree = async () => !(await keyboard.isHeld());
      let tell: (isTold: true) => void = () => {};
      using _unlock = system.subscribe(unlockWanted, () => tell(true));
      for (;;) {
        const told = new Promise<true>((resolve) => {
          tell = resolve;
        });
        const isTold = (await Promise.race([told, wait(LOOK_MS)])) === true;
        if (isTold ? await becomes(isFree, wait) : await isFree()) return;
      }
    },
  };
}
