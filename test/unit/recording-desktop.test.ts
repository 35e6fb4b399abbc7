import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Desktop } from '#session-agent/desktop/backend.ts';
import { recordingDesktop } from '#session-agent/desktop/recording.ts';
import { MemoryLog } from '#shared/log/memory.ts';

const never = () => {
  throw new Error('the real desktop was touched');
};
const real: Desktop = {
  display: 'x11',
  by: {},
  lacks: {},
  lost: new Promise(() => {}),
  clipboard: { selections: ['clipboard'], types: ['text'], watch: never, read: never, offer: never, withdraw: never },
  monitors: { configure: never, identify: never, look: never, onChange: never },
  pointerLayout: { read: async () => ({ width: 1, height: 1, displays: [] }), onChange: never },
  [Symbol.asyncDispose]: async () => {},
};

it('a recording desktop tells the layout and touches neither clipboard nor monitors', async () => {
  const log = new MemoryLog();
  const { clipboard, monitors, pointerLayout } = recordingDesktop(real, log);
  assert.ok(clipboard && monitors && pointerLayout);
  const wish = { monitors: [{ width: 800, height: 600, x: 0, y: 0 }], positioned: false };
  assert.equal((await monitors.configure(wish)).applied, false);
  await clipboard.offer('clipboard', ['text'], async () => Buffer.from('hello'));
  assert.equal(await clipboard.read('clipboard', 'text', 10, new AbortController().signal), undefined);
  await clipboard.withdraw('clipboard');
  clipboard.watch({ took: never, copied: never, cleared: never })[Symbol.dispose]();
  assert.equal((await pointerLayout.read()).width, 1);
  assert.deepEqual(
    log.lines.map(({ message }) => message),
    ['monitors wished, not applied', 'clipboard offered, not taken', 'clipboard content came'],
  );
});

it('what the desktop cannot do is not recorded either', () => {
  const { clipboard, monitors, pointerLayout } = recordingDesktop(
    { display: 'none', by: {}, lacks: {}, lost: real.lost, [Symbol.asyncDispose]: async () => {} },
    new MemoryLog(),
  );
  assert.deepEqual([clipboard, monitors, pointerLayout], [undefined, undefined, undefined]);
});
