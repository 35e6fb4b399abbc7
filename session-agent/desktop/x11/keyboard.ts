import type { KeyboardPort } from '../backend.ts';
import type { XConnection } from './connection.ts';

const ASYNCHRONOUS = 1;
const NOW = 0;
/** GrabKeyboard's answer. Source: X Window System Protocol, chapter 10. */
const ALREADY_GRABBED = 1;

/**
 * Only trying tells who has the keyboard: it is given back in the same breath, before the answer, so that a lock that wants it
 * then does not come too late. What others hold, nobody gives back.
 */
export function x11Keyboard(x: XConnection): KeyboardPort {
  return {
    async isHeld() {
      const answer = await x.ask<number>('keyboard', (client, done) => {
        client.GrabKeyboard(x.root, 1, NOW, ASYNCHRONOUS, ASYNCHRONOUS, done);
        client.UngrabKeyboard(NOW);
      });
      return answer === ALREADY_GRABBED;
    },
  };
}
