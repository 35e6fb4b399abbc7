import { MOUSE_BUTTONS, type MouseState } from '#protocol/vdagent/messages/mouse-state.ts';
import { AgentError } from '#shared/errors.ts';

/** By what a person types. */
const BUTTONS: ReadonlyMap<string, number> = MOUSE_BUTTONS;

/**
 * The states that a person's words stand for: `X,Y` moves with the buttons as they are, `BUTTON` presses and releases,
 * `BUTTON=down` and `BUTTON=up` do one of them.
 *
 * @throws {AgentError} 'invalid-argument'
 */
export function readMouse(words: readonly string[], displayId: number): MouseState[] {
  const states: MouseState[] = [];
  let at = { x: 0, y: 0 };
  let buttons = 0;
  const add = (): void => {
    states.push({ ...at, buttons, displayId });
  };
  if (!/^\d+,\d+$/.test(words[0] ?? '')) throw new AgentError('invalid-argument', 'mouse: begin with X,Y');
  for (const word of words) {
    const position = /^(\d{1,9}),(\d{1,9})$/.exec(word);
    const [name = '', edge] = word.split('=');
    const button = BUTTONS.get(name);
    if (position) at = { x: Number(position[1]), y: Number(position[2]) };
    else if (button === undefined || !['down', 'up', undefined].includes(edge)) {
      throw new AgentError('invalid-argument', `mouse: '${word}' is neither X,Y nor BUTTON, BUTTON=down or BUTTON=up`);
    } else {
      if (edge !== 'up') buttons |= button;
      if (edge === undefined) add();
      if (edge !== 'down') buttons &= ~button;
    }
    add();
  }
  return states;
}
