import type { Bus } from '#shared/dbus/bus.ts';
import { messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import type { KeyboardPort } from '../desktop/backend.ts';
import { becomes, type Held, type Wait } from './held.ts';
import { lockByProgram } from './locker.ts';
import { isHinted, lockByLogind, setHint } from './logind.ts';
import type { Argv, Programs } from './programs.ts';
import { lockBySaver, SCREEN_SAVERS } from './screen-savers.ts';
import { seizureOf } from './seizure.ts';
import { lockByXScreenSaver } from './xscreensaver.ts';

export interface Locked {
  readonly locked: boolean;
  /** Interface or program that did it. */
  readonly by?: string;
  readonly why?: string;
}

/** What a session can be locked with. */
export interface LockTools {
  /** The user's bus. */
  readonly session: Bus;
  readonly system: Bus;
  readonly programs: Programs;
  /** Absent where nobody can tell who has the keyboard. */
  readonly keyboard?: KeyboardPort | undefined;
  readonly wait: Wait;
  readonly log: Log;
}

/** Desktops that tell logind of their lock do it so soon. */
const HINTED_WITHIN_MS = 2_000;

/**
 * Locks the screen of this session: by the first screen saver that runs and can, else by the program that was chosen for
 * that, else by asking logind, whose signal the desktop may follow (decision 33).
 */
export class ScreenLock {
  readonly #tools: LockTools;
  #isHinting = false;

  constructor(tools: LockTools) {
    this.#tools = tools;
  }

  /** Never rejects. @param locker where no screen saver runs */
  async lock(locker?: Argv): Promise<Locked> {
    const { session, system, programs, keyboard, wait } = this.#tools;
    const seize = keyboard && (() => seizureOf(keyboard, system, wait));
    const ways: readonly (() => Promise<Held | undefined>)[] = [
      ...SCREEN_SAVERS.map((saver) => () => lockBySaver(session, saver, wait, seize)),
      () => lockByXScreenSaver(programs, wait),
      ...(locker ? [() => lockByProgram(programs, locker, wait, keyboard)] : []),
      () => lockByLogind(system, wait),
    ];
    const failures: string[] = [];
    for (const way of ways) {
      try {
        const held = await way();
        if (held === undefined) continue;
        void this.#hint(held);
        return { locked: true, by: held.by };
      } catch (error) {
        failures.push(messageOf(error));
      }
    }
    return { locked: false, why: failures.join('; ') };
  }

  /**
   * Tells logind of a lock that does not do it itself, for as long as it lasts: so hosts hear of it, and a locked session
   * has no clipboard (D10).
   */
  async #hint(held: Held): Promise<void> {
    if (held.isHinted || this.#isHinting) return;
    const { system, wait, log } = this.#tools;
    this.#isHinting = true;
    try {
      if (!held.isSilent && (await becomes(() => isHinted(system), wait, HINTED_WITHIN_MS))) return;
      await setHint(system, true);
      await held.released();
      await setHint(system, false);
    } catch (error) {
      log.info('logind was not told of the lock', { by: held.by, why: messageOf(error) });
    } finally {
      this.#isHinting = false;
    }
  }
}
