import assert from 'node:assert/strict';
import { closeSync, openSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { SILENCE_MS } from '#session-agent/desktop/content/silence.ts';
import { receiveContent } from '#session-agent/desktop/wayland/clipboard/incoming.ts';
import { Outgoing } from '#session-agent/desktop/wayland/clipboard/outgoing.ts';
import { Flow } from '#shared/bytes/flow.ts';
import { makePipe } from '#shared/native/pipe.ts';
import { openNow } from '#test/support/wayland/raw-peer.ts';

const never = new AbortController().signal;
const MORE_THAN_A_PIPE = Buffer.alloc(3 * 1024 * 1024);

/** Lets what is ready be noticed. */
async function turns(count = 5): Promise<void> {
  for (let one = 0; one < count; one++) await turn();
}

describe('pipes of applications', () => {
  let before: number;
  beforeEach(() => {
    before = openNow();
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());

  it('are given up when their writer brings nothing for as long as the patience lasts', async () => {
    const { readEnd, writeEnd } = makePipe('readEnd');
    const reading = receiveContent(readEnd, 1000, never);
    writeSync(writeEnd, 'some');
    await turns();
    mock.timers.tick(SILENCE_MS + 1);
    assert.equal(await reading, undefined);
    closeSync(writeEnd);
    assert.equal(openNow(), before);
  });

  it('fail what is read already when their writer stops in the middle', async () => {
    const { readEnd, writeEnd } = makePipe('readEnd');
    const reading = receiveContent(readEnd, 1_000_000, never);
    writeSync(writeEnd, Buffer.alloc(65_536));
    await turns();
    writeSync(writeEnd, 'more');
    const content = await reading;
    assert.ok(content instanceof Flow);
    mock.timers.tick(SILENCE_MS + 1);
    await assert.rejects(content.whole(), { code: 'failed', message: /nothing comes any more/ });
    closeSync(writeEnd);
    assert.equal(openNow(), before);
  });

  it('are closed when nobody wants the rest', async () => {
    const { readEnd, writeEnd } = makePipe('readEnd');
    const reading = receiveContent(readEnd, 1_000_000, never);
    writeSync(writeEnd, Buffer.alloc(65_536));
    await turns();
    writeSync(writeEnd, 'more');
    const content = await reading;
    assert.ok(content instanceof Flow);
    content.stop();
    assert.throws(() => writeSync(writeEnd, 'x'), { code: 'EPIPE' });
    closeSync(writeEnd);
    assert.equal(openNow(), before);
  });

  it('are closed when their reader takes nothing for ten seconds', async () => {
    const { readEnd, writeEnd } = makePipe('readEnd');
    const outgoing = new Outgoing();
    const sent = outgoing.send(writeEnd, async () => MORE_THAN_A_PIPE);
    await turns();
    mock.timers.tick(10_001);
    await sent;
    closeSync(readEnd);
    assert.equal(openNow(), before);
  });

  it('are closed when what they wait for does not come', async () => {
    const { readEnd, writeEnd } = makePipe('readEnd');
    const flow = new Flow(100);
    const sent = new Outgoing().send(writeEnd, async () => flow);
    await turns();
    mock.timers.tick(35_001);
    await sent;
    assert.equal(flow.hasEnded, true);
    closeSync(readEnd);
    assert.equal(openNow(), before);
  });

  it('end with the clipboard, and no more than 32 are served at once', async () => {
    const outgoing = new Outgoing();
    const ends: number[] = [];
    const sent = Array.from({ length: 33 }, () => {
      const { readEnd, writeEnd } = makePipe('readEnd');
      ends.push(readEnd);
      return outgoing.send(writeEnd, async () => MORE_THAN_A_PIPE);
    });
    await sent[32];
    outgoing[Symbol.dispose]();
    await Promise.all(sent);
    for (const end of ends) closeSync(end);
    assert.equal(openNow(), before);
  });

  it('are pipes: a file of anybody is not written to', async () => {
    let asked = false;
    await new Outgoing().send(openSync('/dev/null', 'w'), async () => {
      asked = true;
      return MORE_THAN_A_PIPE;
    });
    assert.equal(asked, false);
    assert.equal(openNow(), before);
  });
});
