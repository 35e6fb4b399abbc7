import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sessionRights } from '#protocol/ipc/messages/hello.ts';
import { type PointerFrame, pointerPut } from '#protocol/ipc/messages/pointer.ts';
import { PointerMoves } from '#session-agent/pointer/moves.ts';
import { silent } from '#shared/log/log.ts';
import { FakeSystemSide } from '#test/support/fake-system-side.ts';

const FRAMES: readonly PointerFrame[] = [{ x: 1, y: 2, pressed: ['left'] }];
const NOT_SERVED = { served: false, clipboard: false, files: false };

async function open() {
  const link = new FakeSystemSide();
  const told: unknown[] = [];
  const port = {
    put: async (frames: readonly PointerFrame[]) => void told.push(frames),
    release: async () => void told.push('release'),
  };
  const service = new PointerMoves(port, link, silent);
  await service.start();
  return { link, told, service };
}

describe('pointer moves', () => {
  it('are carried out as they are told', async () => {
    const { link, told } = await open();
    assert.deepEqual(await link.ask(pointerPut, { frames: FRAMES }), {});
    link.say(sessionRights, { ...NOT_SERVED, served: true });
    assert.deepEqual(told, [FRAMES]);
  });

  it('leave nothing pressed when the session is not served, the link goes, or the agent ends', async () => {
    for (const end of [
      ({ link }: Awaited<ReturnType<typeof open>>) => link.say(sessionRights, NOT_SERVED),
      ({ link }: Awaited<ReturnType<typeof open>>) => link.goDown(),
      ({ service }: Awaited<ReturnType<typeof open>>) => service.stop(),
    ]) {
      const opened = await open();
      await end(opened);
      assert.deepEqual(opened.told, ['release']);
    }
  });
});
