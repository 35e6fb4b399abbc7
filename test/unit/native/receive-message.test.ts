import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readAvailable, writeAvailable } from '#shared/native/descriptor.ts';
import { limitOpenFiles, openFilesLimit } from '#shared/native/open-files.ts';
import { makePipe } from '#shared/native/pipe.ts';
import { MessageReceiver } from '#shared/native/receive-message.ts';
import { sendMessage } from '#shared/native/send-message.ts';
import { unixPair } from '#shared/native/unix-socket.ts';

const O_CLOEXEC = 0o2000000;
const openNow = () => readdirSync('/proc/self/fd').length;

describe('messages with descriptors', () => {
  it('come with their bytes, and close on exec', () => {
    const [ours, theirs] = unixPair();
    const { readEnd, writeEnd } = makePipe('readEnd');
    const receiver = new MessageReceiver(64);
    assert.equal(receiver.receive(ours), undefined);
    sendMessage(theirs, Buffer.from('take this'), { descriptor: writeEnd });
    sendMessage(theirs, Buffer.from(' and no more'), {});
    const first = receiver.receive(ours);
    assert.equal(first?.bytes.toString(), 'take this');
    assert.equal(first.descriptors.length, 1);
    const [passed = -1] = first.descriptors;
    const [, flags = ''] = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${passed}`, 'utf8')) ?? [];
    assert.ok(Number.parseInt(flags, 8) & O_CLOEXEC);
    writeAvailable(passed, Buffer.from('through it'));
    const read = Buffer.alloc(64);
    assert.equal(read.toString('utf8', 0, readAvailable(readEnd, read)), 'through it');
    const second = receiver.receive(ours);
    assert.equal(second?.bytes.toString(), ' and no more');
    assert.deepEqual(second.descriptors, []);
    closeSync(theirs);
    assert.equal(receiver.receive(ours)?.bytes.length, 0);
    for (const fd of [ours, readEnd, writeEnd, passed]) closeSync(fd);
  });

  it('are an error when there is no room for the descriptors', () => {
    const [ours, theirs] = unixPair();
    const { readEnd, writeEnd } = makePipe('readEnd');
    const receiver = new MessageReceiver(64);
    sendMessage(theirs, Buffer.from('x'), { descriptor: writeEnd });
    const before = openNow();
    const limit = openFilesLimit();
    const fillers: number[] = [];
    limitOpenFiles({ ...limit, soft: BigInt(before + 8) });
    try {
      for (;;) fillers.push(openSync('/dev/null', 'r'));
    } catch {
      assert.throws(() => receiver.receive(ours), { code: 'EMFILE' });
    } finally {
      limitOpenFiles(limit);
      for (const fd of fillers) closeSync(fd);
    }
    assert.equal(openNow(), before);
    for (const fd of [ours, theirs, readEnd, writeEnd]) closeSync(fd);
  });
});
