import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ClipboardType } from '#protocol/ipc/messages/clipboard.ts';
import {
  LOOK_MS,
  MAX_POLLED_BYTES,
  type PlainText,
  PolledClipboard,
  tryOnce,
} from '#session-agent/desktop/wayland/clipboard/polled.ts';
import { AgentError } from '#shared/errors.ts';
import { MemoryLog } from '#shared/log/memory.ts';

const MAX = 1024;
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await undefined;
};

/** A clipboard that is only text, and a session that watches it. */
function stage({ mock }: TestContext, plain = new Plain()) {
  mock.timers.enable({ apis: ['setTimeout'] });
  const log = new MemoryLog();
  const clipboard = new PolledClipboard(plain, log);
  const events: string[] = [];
  const watch = clipboard.watch({
    took: () => {},
    copied: (_selection, types) => events.push(`copied ${types.join()}`),
    cleared: () => events.push('cleared'),
  });
  const pass = async (ms = LOOK_MS) => {
    mock.timers.tick(ms);
    await settled();
  };
  const read = async (maxBytes = MAX) => (await clipboard.read('clipboard', 'text', maxBytes))?.toString();
  const offer = (content: string | undefined) =>
    clipboard.offer('clipboard', ['text'], async (type: ClipboardType) => {
      assert.equal(type, 'text');
      return content === undefined ? undefined : Buffer.from(content);
    });
  return { clipboard, plain, log, events, watch, pass, read, offer, want: clipboard.want.bind(clipboard) };
}

class Plain implements PlainText {
  text = '';
  looks = 0;
  writes: string[] = [];
  /** What the next ones wait for. */
  gate: Promise<unknown> = Promise.resolve();
  fault: Error | undefined;

  async read(): Promise<string> {
    this.looks++;
    const { text } = this;
    await this.gate;
    if (this.fault !== undefined) throw this.fault;
    return text;
  }

  async write(text: string): Promise<void> {
    await this.gate;
    if (this.fault !== undefined) throw this.fault;
    this.writes.push(text);
    this.text = text;
  }
}

describe('a clipboard that can only be looked at', () => {
  it('is not looked at while nobody would hear of a copy', async (t) => {
    const { plain, events, pass, want } = stage(t);
    plain.text = 'before';
    await pass(60 * LOOK_MS);
    assert.equal(plain.looks, 0);
    want(true);
    await pass(0);
    assert.deepEqual([plain.looks, events], [1, ['copied text']]);
    await pass();
    await pass();
    assert.equal(plain.looks, 3);
    want(false);
    await pass(60 * LOOK_MS);
    assert.equal(plain.looks, 3);
  });

  it('is looked at no more once nobody watches', async (t) => {
    const { plain, watch, pass, want } = stage(t);
    want(true);
    await pass(0);
    watch[Symbol.dispose]();
    await pass(60 * LOOK_MS);
    assert.equal(plain.looks, 1);
  });

  it('tells each copy once, and that there is none any more', async (t) => {
    const { plain, events, pass, read, want } = stage(t);
    want(true);
    await pass(0);
    plain.text = 'one';
    await pass();
    await pass();
    assert.deepEqual(events, ['copied text']);
    assert.equal(await read(), 'one');
    assert.equal(await read(2), undefined);
    plain.text = '';
    await pass();
    assert.deepEqual(events, ['copied text', 'cleared']);
    assert.equal(await read(), undefined);
  });

  it('has no copy that is too long', async (t) => {
    const { plain, events, pass, read, want } = stage(t);
    want(true);
    plain.text = 'short';
    await pass(0);
    plain.text = 'ü'.repeat(MAX_POLLED_BYTES / 2 + 1);
    await pass();
    await pass();
    assert.deepEqual(events, ['copied text', 'cleared']);
    assert.equal(await read(4 * MAX_POLLED_BYTES), undefined);
  });

  it("is given the host's text when the host copies, and does not take it for a copy", async (t) => {
    const { plain, events, pass, read, offer, want } = stage(t);
    want(true);
    await pass(0);
    await offer('theirs');
    assert.equal(plain.text, 'theirs');
    await pass();
    assert.deepEqual(events, []);
    assert.equal(await read(), undefined);
    await offer(undefined);
    assert.deepEqual(plain.writes, ['theirs']);
  });

  it('does not take what it saw before a change of the host for a copy after it', async (t) => {
    const { plain, events, pass, offer, want } = stage(t);
    want(true);
    await pass(0);
    plain.text = 'old';
    let open = () => {};
    plain.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    await pass();
    const offered = offer('theirs');
    await settled();
    open();
    await offered;
    assert.deepEqual([plain.text, events], ['theirs', []]);
    plain.text = 'newer';
    await pass();
    assert.deepEqual(events, ['copied text']);
  });

  it('keeps the last of what the host copies, also when it comes first', async (t) => {
    const { clipboard, plain, offer } = stage(t);
    let give = (_content: Buffer) => {};
    const slow = new Promise<Buffer>((resolve) => {
      give = resolve;
    });
    const first = clipboard.offer('clipboard', ['text'], () => slow);
    await offer('second');
    give(Buffer.from('first'));
    await first;
    assert.deepEqual(plain.writes, ['second']);
  });

  it('is not given what is too long', async (t) => {
    const { plain, offer, log } = stage(t);
    await offer('x'.repeat(MAX_POLLED_BYTES + 1));
    assert.deepEqual(plain.writes, []);
    assert.match(log.lines[0]?.message ?? '', /too long/);
  });

  it("loses the host's text with the right to it, and keeps an application's", async (t) => {
    const { clipboard, plain, offer, want, pass } = stage(t);
    await offer('theirs');
    await clipboard.withdraw();
    assert.equal(plain.text, '');
    await offer('theirs');
    plain.text = 'copied since';
    await clipboard.withdraw();
    assert.equal(plain.text, 'copied since');
    await offer('theirs');
    await clipboard[Symbol.asyncDispose]();
    assert.equal(plain.text, '');
    want(true);
    await pass(60 * LOOK_MS);
    assert.equal(plain.looks, 3);
  });

  it('that cannot be looked at is complained of once, and is looked at again', async (t) => {
    const { plain, events, log, pass, want } = stage(t);
    plain.fault = new Error('no seat');
    want(true);
    await pass(0);
    await pass();
    await pass();
    assert.deepEqual(
      log.lines.map(({ fields }) => fields),
      [{ why: 'no seat' }],
    );
    plain.fault = undefined;
    plain.text = 'there';
    await pass();
    assert.deepEqual(events, ['copied text']);
  });

  it('that never answers is left alone after the agent', async (t) => {
    const { clipboard, plain, offer, pass } = stage(t);
    await offer('theirs');
    plain.gate = new Promise(() => {});
    const left = clipboard[Symbol.asyncDispose]();
    await settled();
    await pass(10 * LOOK_MS);
    await left;
  });

  it('is not to be had without its programs', async () => {
    const plain = new Plain();
    await tryOnce(plain);
    plain.fault = new Error("Couldn't find the `wl-paste` binary. On Debian");
    await assert.rejects(tryOnce(plain), (error) => error instanceof AgentError && error.code === 'not-found');
    plain.fault = new Error('Command `wl-paste` failed: no seat\nmore');
    await assert.rejects(
      tryOnce(plain),
      (error) => error instanceof AgentError && error.code === 'failed' && !error.message.includes('more'),
    );
  });
});
