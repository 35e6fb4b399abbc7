import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PointerButton } from '#protocol/ipc/messages/pointer.ts';
import { MAX_WAITING, WaitingFrames } from '#system-agent/pointer/waiting.ts';
import { random } from '#test/support/random.ts';

interface Frame {
  readonly at: number;
  readonly pressed: ReadonlySet<PointerButton>;
}

const frame = (at: number, ...pressed: PointerButton[]): Frame => ({ at, pressed: new Set(pressed) });
const names = ({ pressed }: Frame) => [...pressed].sort().join('+');

/** What was pressed, one after the other, and where each change happened. */
function edges(frames: readonly Frame[]): string[] {
  let before = '';
  return frames.flatMap((one) => {
    const now = names(one);
    const changed = now !== before;
    before = now;
    return changed ? [`${one.at}: ${now}`] : [];
  });
}

describe('frames that wait', () => {
  it('are told in order, and of moves in a row the last', () => {
    const waiting = new WaitingFrames<Frame>();
    for (const one of [frame(1), frame(2), frame(3, 'left'), frame(4, 'left'), frame(5, 'left'), frame(6)])
      waiting.add(one);
    assert.deepEqual(
      waiting.take(9).map(({ at }) => at),
      [2, 3, 5, 6],
    );
  });

  it('keep every press and release where it was, whatever is taken in between', () => {
    const below = random(7);
    for (let round = 0; round < 500; round++) {
      const waiting = new WaitingFrames<Frame>();
      const all: Frame[] = [];
      const taken: Frame[] = [];
      for (let at = 0; at < 200; at++) {
        const buttons = (['left', 'right', 'wheel-up'] as const).filter(() => below(4) === 0);
        const next = below(3) > 0 ? { at, pressed: all.at(-1)?.pressed ?? new Set<never>() } : frame(at, ...buttons);
        all.push(next);
        waiting.add(next);
        if (below(5) === 0) taken.push(...waiting.take(below(4)));
      }
      taken.push(...waiting.take(MAX_WAITING));
      assert.deepEqual(edges(taken), edges(all));
      assert.deepEqual(taken.at(-1), all.at(-1));
    }
  });

  it('are so many and no more, and end with what is pressed in the end', () => {
    const waiting = new WaitingFrames<Frame>();
    for (let at = 0; at < 10_000; at++) waiting.add(at % 2 === 0 ? frame(at, 'left') : frame(at));
    waiting.add(frame(10_000));
    assert.equal(waiting.length, MAX_WAITING);
    assert.equal(waiting.lost > 9_000, true);
    assert.deepEqual(waiting.take(MAX_WAITING).at(-1), frame(10_000));
  });
});
