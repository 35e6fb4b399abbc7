import type { KeyboardPort } from '../backend.ts';
import type { XConnection } from './connection.ts';

const ASYNCHRONOUS = 1;
const NOW = 0;
/** GrabKeyboard's answers. Source: X Window System Protocol, chapter 10. */
const SUCCESS = 0;
const ALREADY_GRABBED = 1;

/** Only trying tells who has the keyboard: it is given back in the same breath. */
export function x11Keyboard(x: XConnection): KeyboardPort {
  return {
    async isHeld() {
      const answer = await x.ask<number>('keyboard', (client, done) => {
        client.GrabKeyboard(x.root, 1, NOW, ASYNCHRONOUS, ASYNCHRONOUS, done);
      });
      if (answer === SUCCESS) x.client.UngrabKeyboard(NOW);
      return answer === ALREADY_GRABBED;
    },
  };
}
