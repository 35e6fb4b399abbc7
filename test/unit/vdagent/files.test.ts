import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type FileOutcome,
  fileBegin,
  fileDrop,
  fileEnd,
  fileWrite,
  MAX_WRITE_BYTES,
} from '#protocol/ipc/messages/files.ts';
import { AgentError } from '#shared/errors.ts';
import type { DoorAudit, Outcome } from '#system-agent/audit/audit.ts';
import { MAX_WAITING_BYTES } from '#system-agent/vdagent/files/courier.ts';
import { FakeSessionAgent } from '#test/fakes/served-session.ts';
import { openDoor, type Stage } from '#test/support/vdagent-door.ts';

const DONE: FileOutcome = { fault: undefined, free: undefined, why: undefined };
const description = (name: string, size: number) => Buffer.from(`[vdagent-file-xfer]\nname=${name}\nsize=${size}\n`);
const status = (id: number, result: string, more: object = {}) => ['file-transfer-status', { id, result, ...more }];

/** A door whose session takes everything, and what it was given by the names of the files. */
async function openWithInbox(stage: Stage = {}) {
  const open = await openDoor(stage);
  const files = new Map<number, { name: string; content: Buffer; ended: boolean }>();
  const dropped: number[] = [];
  const { session } = open;
  session.answer(fileBegin, ({ transfer, name }) => {
    files.set(transfer, { name, content: Buffer.alloc(0), ended: false });
    return DONE;
  });
  session.answer(fileWrite, ({ transfer, data }) => {
    const file = files.get(transfer);
    assert.ok(file && !file.ended && data.length <= MAX_WRITE_BYTES);
    file.content = Buffer.concat([file.content, data]);
    return DONE;
  });
  session.answer(fileEnd, ({ transfer }) => {
    const file = files.get(transfer);
    assert.ok(file);
    file.ended = true;
    return DONE;
  });
  session.answer(fileDrop, ({ transfer }) => {
    dropped.push(transfer);
    return {};
  });
  const send = (id: number, name: string, content: Uint8Array | string) => {
    const data = Buffer.from(content as string);
    open.host.send('file-transfer-start', { id, description: description(name, data.length) });
    open.host.send('file-transfer-data', { id, data });
  };
  return { ...open, files, dropped, send };
}

describe('SPICE door: files', () => {
  it('are given to the session in pieces, in order, and acknowledged at the beginning and at the end', async () => {
    const { host, heard, files, session } = await openWithInbox();
    host.send('file-transfer-start', { id: 5, description: description('big.bin', 300_001) });
    assert.deepEqual(await heard(), [status(5, 'can-send-data')]);
    assert.deepEqual(session.take(), [
      { name: 'files.begin', body: { transfer: 1, name: 'big.bin', size: 300_001, folder: 'download' } },
    ]);
    const content = Buffer.from(Array.from({ length: 300_001 }, (_, at) => at % 251));
    for (let at = 0; at < content.length; at += 65_536) {
      host.send('file-transfer-data', { id: 5, data: content.subarray(at, at + 65_536) });
    }
    for (let turn = 0; turn < 10 && files.get(1)?.ended !== true; turn++) await heard();
    assert.deepEqual(files.get(1)?.content, content);
    assert.equal(session.take().at(-1)?.name, 'files.end');
  });

  it('of several come together, each with its own content', async () => {
    const { send, heard, files, door } = await openWithInbox();
    for (let id = 0; id < 20; id++) send(id, `f${id}`, `content of ${id}`);
    const said: unknown[] = [];
    for (let turn = 0; turn < 20 && said.length < 40; turn++) said.push(...(await heard()));
    assert.equal(said.filter((one) => JSON.stringify(one).includes('success')).length, 20);
    for (const { name, content, ended } of files.values()) {
      assert.deepEqual([content.toString(), ended], [`content of ${name.slice(1)}`, true]);
    }
    assert.equal(door.isAtRest, true);
  });

  it('wait for a slow session up to a limit, then the host waits; nothing is lost', async () => {
    const { host, heard, files, session, channel } = await openWithInbox();
    const release: (() => void)[] = [];
    const take = { isSlow: true };
    session.answer(fileWrite, async ({ transfer, data }) => {
      const file = files.get(transfer);
      if (take.isSlow) await new Promise<void>((resolve) => release.push(resolve));
      if (file) file.content = Buffer.concat([file.content, data]);
      return DONE;
    });
    const piece = Buffer.alloc(1024 * 1024 - 100, 'p');
    const count = Math.ceil(MAX_WAITING_BYTES / piece.length) + 2;
    host.send('file-transfer-start', { id: 1, description: description('x', count * piece.length) });
    await heard();
    let sent = 0;
    for (; sent < count && !channel.paused; sent++) host.send('file-transfer-data', { id: 1, data: piece });
    assert.equal(channel.paused, true);
    assert.ok(sent < count);
    take.isSlow = false;
    while (release.length > 0) {
      release.shift()?.();
      await heard();
    }
    assert.equal(channel.paused, false);
    for (; sent < count; sent++) host.send('file-transfer-data', { id: 1, data: piece });
    for (let turn = 0; turn < 100 && files.get(1)?.ended !== true; turn++) await heard();
    assert.equal(files.get(1)?.content.length, count * piece.length);
  });

  it('that come a byte at a time take no more memory than their limit', async () => {
    const { host, heard, session, channel } = await openWithInbox();
    session.answer(fileWrite, () => new Promise(() => {}));
    host.send('file-transfer-start', { id: 1, description: description('x', 100_000) });
    await heard();
    let sent = 0;
    for (; sent < 20_000 && !channel.paused; sent++) host.send('file-transfer-data', { id: 1, data: Buffer.from('x') });
    assert.ok(channel.paused && sent <= MAX_WAITING_BYTES / 1024 + 5, `${sent}`);
  });

  it('that the client cancels are dropped and their ids free', async () => {
    const { host, heard, dropped, send, files } = await openWithInbox();
    host.send('file-transfer-start', { id: 1, description: description('x', 100) });
    host.send('file-transfer-data', { id: 1, data: Buffer.from('half') });
    await heard();
    host.send('file-transfer-status', { id: 1, result: 'cancelled' });
    assert.deepEqual(await heard(), []);
    assert.deepEqual(dropped, [1]);
    send(1, 'y', 'again');
    assert.deepEqual(await heard(), [status(1, 'can-send-data'), status(1, 'success')]);
    assert.equal(files.get(2)?.content.toString(), 'again');
  });

  it('end with the client, the session, its lock and the policy', async () => {
    const cases: [string, (open: Awaited<ReturnType<typeof openWithInbox>>) => void, unknown[]][] = [
      ['client', ({ host }) => host.send('client-disconnected', {}, 'server'), []],
      ['another session', ({ sessionLink }) => sessionLink.serve(new FakeSessionAgent('c2')), [status(1, 'cancelled')]],
      ['no session', ({ sessionLink }) => sessionLink.serve(undefined), [status(1, 'cancelled')]],
      ['lock', ({ sessionLink, agent }) => sessionLink.serve(agent, { isLocked: true }), [status(1, 'session-locked')]],
    ];
    for (const [name, end, expected] of cases) {
      const open = await openWithInbox();
      open.host.send('file-transfer-start', { id: 1, description: description('x', 100) });
      await open.heard();
      end(open);
      assert.deepEqual(await open.heard(), expected, name);
      assert.deepEqual(open.dropped, [1], name);
      assert.equal(open.door.isAtRest, true, name);
    }
  });

  it('are refused where nobody, a locked session or a greeter is served', async () => {
    const { host, heard, sessionLink, agent } = await openWithInbox();
    const ask = async () => {
      host.send('file-transfer-start', { id: 1, description: description('x', 1) });
      return (await heard())[0];
    };
    sessionLink.serve(agent, { isLocked: true });
    assert.deepEqual(await ask(), status(1, 'session-locked'));
    sessionLink.serve(undefined);
    assert.deepEqual(await ask(), status(1, 'agent-not-connected'));
    sessionLink.serve(agent, { isLocked: true, class: 'greeter' });
    assert.deepEqual(await ask(), status(1, 'disabled'));
    sessionLink.serve(new FakeSessionAgent('old', ['monitors']));
    assert.deepEqual(await ask(), status(1, 'disabled'));
  });

  it('say how much is free where there is too little, and only to clients that know details', async () => {
    for (const capabilities of [['file-xfer-detailed-errors'], []] as const) {
      const { host, heard, session } = await openDoor({ capabilities });
      session.answer(fileBegin, () => ({ fault: 'space', free: 17, why: 'full' }));
      session.answer(fileDrop, () => ({}));
      host.send('file-transfer-start', { id: 1, description: description('x', 100) });
      const expected = capabilities.length > 0 ? status(1, 'not-enough-space', { freeBytes: 17n }) : status(1, 'error');
      assert.deepEqual(await heard(), [expected]);
    }
  });

  it('fail when the session does, whatever it says', async () => {
    for (const answer of [
      () => ({ fault: 'of another release', free: undefined, why: undefined }),
      () => Promise.reject(new AgentError('timeout', 'slow')),
    ]) {
      const { host, heard, session, send } = await openWithInbox();
      session.answer(fileWrite, answer);
      send(1, 'x', 'abc');
      assert.deepEqual(await heard(), [status(1, 'can-send-data'), status(1, 'error')]);
      host.send('file-transfer-data', { id: 1, data: Buffer.from('late') });
      assert.deepEqual(await heard(), []);
    }
  });

  it('are offered to be sent only where they are taken', async () => {
    const { host, heard, door } = await openDoor({ files: { folder: 'off', whenDone: 'nothing' } });
    host.announce(true);
    const [[, { capabilities }]] = (await heard()) as [[string, { capabilities: Set<string> }]];
    assert.ok(capabilities.has('file-xfer-disabled') && !capabilities.has('file-xfer-detailed-errors'));
    assert.equal(door.isAtRest, true);
  });

  it('are recorded before anything of them is written, by name and size, and their end; never their content', async () => {
    const records: unknown[] = [];
    const audit: DoorAudit = {
      connected: () => {},
      before: (command, args) => {
        records.push([command.name, Object.fromEntries(args)]);
        return { n: records.length, command: command.name, rule: { weight: 'change' } };
      },
      after: (entry, outcome: Outcome) => void records.push([entry?.n, 'error' in outcome ? 'failed' : 'done']),
      denied: () => {},
      unknown: () => {},
    };
    const { send, heard, host } = await openWithInbox({ audit });
    send(1, 'a.txt', 'secret');
    await heard();
    host.send('file-transfer-start', { id: 2, description: description('b.txt', 100) });
    await heard();
    host.send('file-transfer-status', { id: 2, result: 'cancelled' });
    await heard();
    assert.deepEqual(records, [
      ['file-transfer', { session: 'c1', name: 'a.txt', size: 6n }],
      [1, 'done'],
      ['file-transfer', { session: 'c1', name: 'b.txt', size: 100n }],
      [3, 'failed'],
    ]);
  });

  it('are not taken when they must be recorded and cannot', async () => {
    const refuse = () => {
      throw new AgentError('refused', 'the audit log cannot be written');
    };
    const audit = { connected() {}, before: refuse, after() {}, denied() {}, unknown() {} };
    const { send, heard, session } = await openWithInbox({ audit });
    send(1, 'a.txt', 'x');
    assert.deepEqual(await heard(), [status(1, 'error')]);
    assert.deepEqual(session.take(), []);
  });
});
