import { AgentError } from '#shared/errors.ts';
import type { KeyboardPort } from '../desktop/backend.ts';
import { becomes, type Held, type Wait } from './held.ts';
import type { Argv, Programs } from './programs.ts';

/** A program that cannot lock says so and ends; so long it may take for that. */
const SETTLED_MS = 500;

/**
 * A program that the administrator has chosen, and that locks the screen for as long as it runs: `i3lock --nofork`,
 * `xtrlock`, `swaylock`. It has locked when it stays, and where it can be seen, when it has taken the keyboard.
 * @param keyboard undefined where nobody can tell who has it
 * @throws {AgentError}
 */
export async function lockByProgram(
  programs: Programs,
  argv: Argv,
  wait: Wait,
  keyboard?: KeyboardPort,
): Promise<Held> {
  const [by] = argv;
  const { ended, kill } = programs.start(argv);
  let isRunning = true;
  const over = ended.then((status) => {
    isRunning = false;
    return status;
  });
  await Promise.race([over, wait(SETTLED_MS)]);
  const holds = async () => isRunning && (keyboard === undefined || (await keyboard.isHeld()));
  if (await becomes(async () => !isRunning || (await holds()), wait)) {
    if (isRunning) return { by, released: async () => void (await over) };
    const status = await over;
    throw new AgentError('failed', `${by} ended at once${status === undefined ? '' : ` with status ${status}`}`);
  }
  kill(); // or each further wish would leave another one
  throw new AgentError('failed', `${by} runs and has not taken the keyboard`);
}
