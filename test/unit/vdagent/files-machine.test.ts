import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_TRANSFERS } from '#protocol/ipc/messages/files.ts';
import { describe as describeFile } from '#system-agent/vdagent/files/description.ts';
import {
  type Effect,
  EMPTY_MS,
  IDLE_MS,
  type Input,
  initial,
  type State,
  step,
} from '#system-agent/vdagent/files/machine.ts';

const FILE = { name: 'a.txt', size: 3, more: false };
const start = (id: number, file: Partial<typeof FILE> = {}): Input => ({
  on: 'start',
  id,
  place: 'ready',
  file: { ...FILE, ...file },
});
const data = (id: number, length: number, claimed = length): Input => ({
  on: 'data',
  id,
  length,
  claimed: BigInt(claimed),
});

function play(...inputs: readonly Input[]): { readonly state: State; readonly effects: readonly Effect[] } {
  let state = initial;
  let effects: readonly Effect[] = [];
  for (const input of inputs) ({ state, effects } = step(state, input));
  return { state, effects };
}

describe('a transfer', () => {
  it('is asked of the session, opened, filled and ended, and its id is free again', () => {
    assert.deepEqual(play(start(7)).effects, [{ do: 'begin', handle: 1, name: 'a.txt', size: 3 }]);
    assert.deepEqual(play(start(7), { on: 'begun', handle: 1 }).effects, [
      { do: 'answer', id: 7, status: { result: 'can-send-data' } },
      { do: 'watch', handle: 1, ms: IDLE_MS },
    ]);
    const filled = [start(7), { on: 'begun', handle: 1 }, data(7, 1), data(7, 2)] as const;
    assert.deepEqual(play(...filled).effects, [
      { do: 'write', handle: 1 },
      { do: 'end', handle: 1, more: false },
    ]);
    const { state, effects } = play(...filled, { on: 'ended', handle: 1 });
    assert.deepEqual(effects, [{ do: 'answer', id: 7, status: { result: 'success' } }]);
    assert.deepEqual(step(state, start(7)).effects, [{ do: 'begin', handle: 2, name: 'a.txt', size: 3 }]);
  });

  it('without content ends with the one empty message, or without it after a while, and succeeds once', () => {
    const open = [start(1, { size: 0 }), { on: 'begun', handle: 1 }] as const;
    assert.deepEqual(play(...open).effects.at(-1), { do: 'watch', handle: 1, ms: EMPTY_MS });
    const end = { do: 'end', handle: 1, more: false };
    assert.deepEqual(play(...open, data(1, 0)).effects, [end]);
    assert.deepEqual(play(...open, { on: 'silent', handle: 1 }).effects, [end]);
    assert.deepEqual(play(...open, { on: 'silent', handle: 1 }, data(1, 0)).effects, []);
  });

  it('that brings more than was declared, or says another length than it has, fails and is dropped', () => {
    const failed = [
      { do: 'drop', handle: 1 },
      { do: 'answer', id: 1, status: { result: 'error' } },
    ];
    assert.deepEqual(play(start(1), data(1, 4)).effects, failed);
    assert.deepEqual(play(start(1), data(1, 2, 3)).effects, failed);
    assert.deepEqual(play(start(1, { size: 0 }), data(1, 1)).effects, failed);
    assert.deepEqual(play(start(1), data(1, 1), { on: 'silent', handle: 1 }).effects, failed);
    assert.deepEqual(play(start(1), { on: 'refused', id: 1 }).effects, failed);
  });

  it('that the client ends is dropped without an answer, and what comes late means nothing', () => {
    const stopped = [start(1), data(1, 1), { on: 'stopped', id: 1 }] as const;
    assert.deepEqual(play(...stopped).effects, [{ do: 'drop', handle: 1 }]);
    const late: readonly Input[] = [
      data(1, 1),
      { on: 'stopped', id: 1 },
      { on: 'begun', handle: 1 },
      { on: 'ended', handle: 1 },
      { on: 'failed', handle: 1, fault: 'failed', free: undefined },
      { on: 'silent', handle: 1 },
    ];
    for (const input of late) assert.deepEqual(play(...stopped, input).effects, [], input.on);
  });

  it('of an id in use is refused while the first goes on', () => {
    const { state, effects } = play(start(1), start(1, { name: 'b' }));
    assert.deepEqual(effects, [{ do: 'answer', id: 1, status: { result: 'error' } }]);
    assert.deepEqual(step(state, { on: 'begun', handle: 1 }).effects[0], {
      do: 'answer',
      id: 1,
      status: { result: 'can-send-data' },
    });
  });

  it('is refused with the reason: place, number, name', () => {
    const refusal = (input: Partial<Input & { on: 'start' }>) =>
      (play({ ...start(1), ...input } as Input).effects[0] as { status: unknown }).status;
    assert.deepEqual(refusal({ place: 'off' }), { result: 'disabled' });
    assert.deepEqual(refusal({ place: 'no-agent' }), { result: 'agent-not-connected' });
    assert.deepEqual(refusal({ place: 'locked' }), { result: 'session-locked' });
    assert.deepEqual(refusal({ file: 'bad-name' }), { result: 'error', gioError: 10 });
    assert.deepEqual(refusal({ file: 'malformed' }), { result: 'error' });
    const full = Array.from({ length: MAX_TRANSFERS }, (_, id) => start(id));
    assert.deepEqual(play(...full, start(0)).effects, [
      { do: 'answer', id: 0, status: { result: 'error', gioError: 31 } },
    ]);
  });

  it('that the session cannot take fails with its reason', () => {
    const status = (fault: 'space' | 'name' | 'permission' | 'too-many' | 'failed', free?: number) => {
      const [dropped, answer] = play(start(1), { on: 'failed', handle: 1, fault, free }).effects;
      assert.equal(dropped?.do, 'drop');
      return (answer as { status: unknown }).status;
    };
    assert.deepEqual(status('space', 5), { result: 'not-enough-space', freeBytes: 5n });
    assert.deepEqual(status('space'), { result: 'not-enough-space' });
    assert.deepEqual(status('permission'), { result: 'error', gioError: 14 });
    assert.deepEqual(status('too-many'), { result: 'error', gioError: 31 });
    assert.deepEqual(status('name'), { result: 'error', gioError: 10 });
    assert.deepEqual(status('failed'), { result: 'error' });
  });

  it('ends with its client in silence, and with its session by a word to the client', () => {
    const gone = play(start(1), start(2), { on: 'client-gone' });
    assert.deepEqual(gone.effects, [
      { do: 'drop', handle: 1 },
      { do: 'drop', handle: 2 },
    ]);
    assert.equal(gone.state.transfers.size, 0);
    const word = (place: 'ready' | 'locked' | 'off' | 'no-agent') =>
      (play(start(1), { on: 'session-gone', place }).effects[1] as { status: { result: string } }).status.result;
    assert.deepEqual([word('ready'), word('locked'), word('off')], ['cancelled', 'session-locked', 'disabled']);
  });
});

describe('what a client says of a file', () => {
  const of = (text: string | Buffer) => describeFile(Buffer.from(text as string));
  const group = '[vdagent-file-xfer]\n';

  it('is a key file, as GLib writes them', () => {
    assert.deepEqual(of(`${group}name=a b.txt\nsize=12\n`), { name: 'a b.txt', size: 12, more: false });
    assert.deepEqual(
      of(`# c\n\n[x]\nname=no\n${group} name = \\sb \nsize=1\nsize=2\nz=\nfile-xfer-nr=1\nfile-xfer-total=3`),
      {
        name: ' b',
        size: 2,
        more: true,
      },
    );
  });

  it('is refused when it is none, or not whole', () => {
    const wrong = ['', 'name=a\nsize=1\n', `${group}name=a\n`, `${group}size=1\n`, `${group}name=a\nsize=-1\n`];
    wrong.push(
      `${group}name=a\nsize=1x\n`,
      `${group}name=a\nsize=18446744073709551616\n`,
      `${group}name=\\q\nsize=1\n`,
    );
    for (const text of wrong) assert.equal(of(text), 'malformed', text);
    assert.equal(of(Buffer.concat([Buffer.from(`${group}size=1\nname=`), Buffer.from([0xff, 10])])), 'malformed');
    assert.equal(of(`${group}name=a\nsize=1\n${'#'.repeat(20_000)}`), 'malformed');
  });

  it('has a size of any u64; what no file can have is no less than that', () => {
    const huge = of(`${group}name=a\nsize=18446744073709551615\n`);
    assert.equal(typeof huge === 'object' && huge.size, Number.MAX_SAFE_INTEGER);
  });

  it('has the name of a file, and of nothing else', () => {
    const names = ['..', '.', '../a', '/etc/passwd', 'a/b', 'a\\nb', 'a\\tb', 'a\u007fb', 'a\u0085b', 'x'.repeat(256)];
    for (const name of [...names, 'é'.repeat(128)]) {
      assert.equal(of(`${group}name=${name}\nsize=1\n`), 'bad-name', name);
    }
    for (const name of ['...', '..a', 'CON', 'a\\\\b', '-rf', '$(id)', 'é'.repeat(127)]) {
      assert.equal(typeof of(`${group}name=${name}\nsize=1\n`), 'object', name);
    }
  });
});
