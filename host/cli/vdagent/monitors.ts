import { MAX_MONITORS, type Wish } from '#host/vdagent/monitors.ts';
import { AgentError } from '#shared/errors.ts';

const MAX_PIXELS = 65_535;

/** `WIDTHxHEIGHT[+X+Y]`, or `off`. @throws {AgentError} 'invalid-argument' */
export function readWishes(words: readonly string[]): Wish[] {
  if (words.length === 0) throw wrong('monitors: WIDTHxHEIGHT is missing');
  if (words.length > MAX_MONITORS) throw wrong(`monitors: more than ${MAX_MONITORS}`);
  return words.map((word) => {
    if (word === 'off') return { width: 0, height: 0 };
    const [, ...numbers] = /^(\d+)x(\d+)(?:([+-]\d+)([+-]\d+))?$/.exec(word) ?? [];
    const [width = 0, height = 0, x, y] = numbers.map((text) => (text === undefined ? undefined : Number(text)));
    if (width < 1 || height < 1 || [width, height, x ?? 0, y ?? 0].some((pixels) => Math.abs(pixels) > MAX_PIXELS)) {
      throw wrong(`monitors: '${word}' is not WIDTHxHEIGHT[+X+Y] or off`);
    }
    return { width, height, position: x === undefined || y === undefined ? undefined : { x, y } };
  });
}

function wrong(message: string): AgentError {
  return new AgentError('invalid-argument', message);
}
